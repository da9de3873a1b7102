#!/bin/bash
# Hosts of a swarm lose their power at random, under load. Each time, all that should run runs again, nothing
# stale is left on any host (names, virtual addresses, backends and forwarding entries are what the store says), and no
# request to a replica on another host fails.
# SEED repeats a run. The whole trial: REBOOTS=10 HOSTS=5 RATE=300 (requests per second of all hosts together) WITHIN=20
# (seconds after which all is right; without it a busy machine may need longer).
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
seed=${SEED:-$RANDOM}
count=${HOSTS:-3}
export RATE=${RATE:-60}
start_swarm "$count"
for n in $(seq "$count"); do
  start_container "host-$n" "probe-$n" --restart always
  one service create --name "web-$n" --replicas 2 --constraint "node.hostname==host-$n" --network appnet \
    --restart-delay 100ms --detach skein/lab httpd -f -p 80 -h /www >/dev/null
done
touch "$work/asking"
echo "-- ${REBOOTS:=2} reboots of $count hosts, seed $seed"
python3 -B "$SKEIN_ROOT/tests/lab/tools/reboots.py" "$lab" "$count" "$seed" "$REBOOTS" "$work" || fail "seed $seed"
