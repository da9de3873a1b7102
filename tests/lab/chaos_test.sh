#!/bin/bash
# Whatever happens to a swarm (services made, changed and removed, tasks and daemons killed, hosts
# rebooted, cut off and drained, at random): when it is quiet again, names, virtual addresses, published ports and forwarding entries on every host are what the store says.
# SEED repeats a run; HOSTS, SERVICES and CHAOS_SECONDS make it longer (half an hour: CHAOS_SECONDS=1800 HOSTS=5).
# alone
# shellcheck source=tests/lab/lib.sh
source "$SKEIN_ROOT/tests/lab/lib.sh"
# shellcheck source=tests/lab/swarm.sh
source "$SKEIN_ROOT/tests/lab/swarm.sh"
seed=${SEED:-$RANDOM}
count=${HOSTS:-3}
echo "-- seed $seed"
start_swarm "$count"
for n in $(seq "$count"); do start_container "host-$n" "probe-$n" --restart always; done
python3 -B "$SKEIN_ROOT/tests/lab/chaos.py" "$lab" "$count" "$seed" "${CHAOS_SECONDS:-10}" "${SERVICES:-5}" || fail "seed $seed"
skein lab down "$lab"
if pgrep -f "lab-init $lab " >/dev/null || grep -q "skein-lab/$lab" /proc/self/mounts; then fail "the lab left something behind"; fi
