#!/bin/bash
# The recorded answers of tests/conformance are those of the Docker Engine that is here.
# shellcheck source=tests/interop/lib.sh
source "$SKEIN_ROOT/tests/interop/lib.sh"
begin
start_dockerd
on client-1 -- timeout 300 python3 "$SKEIN_ROOT/tests/conformance/sweep.py" compare /run/docker.sock \
  "$SKEIN_ROOT/tests/conformance/docker-20.10.json" /dev/null 192.168.1.101 || fail "they are not"
