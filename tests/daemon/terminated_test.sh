#!/bin/bash
# A daemon is told to stop at any moment, also while its host enters or leaves a swarm: it ends by itself, with status 0
# and no complaint of a sanitizer, and the next one comes up, in the swarm or out of it.
# SEED repeats a run, ROUNDS (default 12) is the number of ends.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
RANDOM=${SEED:=$RANDOM}
rounds=${ROUNDS:-12}
make_lab 2 --engine process
one swarm init --advertise-addr 192.168.1.11 --data-path-port 4790 >/dev/null
token=$(one swarm join-token -q worker)
log="/run/skein-lab/$lab/host-2/skeind.log"
state() { on host-2 skein info --format '{{.Swarm.LocalNodeState}}' | tr -d '\r'; }
has_ended() { skein lab ls | finds "^$lab *host-2 .*stopped"; }
# The daemon is the child of the host's first process.
terminate() { on host-2 pkill -TERM -P 1 -x skeind; }

echo "-- the swarm's data path port is another than 4789, which somebody has on the host that joins"
taken host-2 udp 4789
on host-2 skein swarm join --token "$token" 192.168.1.11:2377 >/dev/null
freed host-2 4789
on host-2 skein swarm leave >/dev/null

echo "-- $rounds ends, seed $SEED"
for round in $(seq "$rounds"); do
  if [ "$(state)" = active ]; then verb=leave command=(skein swarm leave); else verb=join command=(skein swarm join --token "$token" 192.168.1.11:2377); fi
  on host-2 "${command[@]}" >/dev/null 2>&1 &
  asking=$!
  pause "0.$(printf '%03d' $((RANDOM % 700)))"
  terminate
  within 20 has_ended
  wait "$asking" || true # refused, or done just in time
  if grep -E 'AddressSanitizer|runtime error|LeakSanitizer|event=failed' "$log"; then fail "seed $SEED, round $round, $verb"; fi
  skein lab start "$lab" host-2
  state_is_settled() { [[ $(state) = active || $(state) = inactive ]]; }
  within 10 state_is_settled
  echo "   round $round, $verb: $(state)"
done
[ "$(state)" = active ] || on host-2 skein swarm join --token "$token" 192.168.1.11:2377 >/dev/null
is_ready() { one node ls --format '{{.Hostname}} {{.Status}}' | finds '^host-2 Ready'; }
within 20 is_ready
