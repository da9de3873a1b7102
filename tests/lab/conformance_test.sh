#!/bin/bash
# Some 270 calls of Docker's API are answered as a real Docker answered them, but for what tests/conformance/reasons says.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
make_lab 1
on host-1 python3 "$SKEIN_ROOT/tests/conformance/sweep.py" compare /run/skein/skein.sock \
  "$SKEIN_ROOT/tests/conformance/docker-20.10.json" "$SKEIN_ROOT/tests/conformance/reasons" 192.168.1.11 ||
  fail "the answers differ"
