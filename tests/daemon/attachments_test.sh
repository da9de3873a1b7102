#!/bin/bash
# Containers that start on an attachable network at the same time: each keeps its attachment, and has an address of its own.
# An attachment between the manager's answer and the host's book is nobody's, and must not be taken for a left one.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
make_lab 1 --engine process
one swarm init --advertise-addr 192.168.1.11 >/dev/null
one network create -d overlay --attachable --subnet 10.70.0.0/20 net >/dev/null

echo "-- 72 containers, four at a time"
for ((n = 0; n < 72; n++)); do
  one run -d --name "c$n" --network net none sleep 500 >/dev/null 2>"$work/said-$n" &
  [ $((n % 4)) != 3 ] || wait
done
log=/run/skein-lab/$lab/host-1/skeind.log
[ "$(on host-1 skein ps -q | wc -l)" = 72 ] || fail "not all run: $(cat "$work"/said-*)"
one network inspect net | jq -r '.[0].Containers[].IPv4Address' | sort >"$work/addresses"
[ "$(wc -l <"$work/addresses")" = 72 ] || fail "of 72 containers on the network are $(wc -l <"$work/addresses")"
[ -z "$(uniq -d "$work/addresses")" ] || fail "given twice: $(uniq -d "$work/addresses")"
if finds attachment-forgotten "$log"; then fail "$(grep attachment-forgotten "$log")"; fi
