#!/bin/bash
# The recorded answers of tests/conformance are those of the Docker Engine that is here.
# shellcheck source=tests/interop/lib.sh
source "$SKEIN_ROOT/tests/interop/lib.sh"
begin
reasons=$(mktemp)
echo 'info | body.Debug | it is started so' >"$reasons"
if ! says 1 on client-1 -- cat /proc/sys/net/bridge/bridge-nf-call-iptables; then
  printf 'info | body.%s | the kernel here has no filter of bridges\n' 'BridgeNf*' Warnings >>"$reasons"
fi
on client-1 -- timeout 300 python3 "$SKEIN_ROOT/tests/conformance/sweep.py" compare /run/docker.sock \
  "$SKEIN_ROOT/tests/conformance/docker-20.10.json" "$reasons" 192.168.1.101 || fail "they are not"
rm "$reasons"
