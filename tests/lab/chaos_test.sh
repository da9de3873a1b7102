#!/bin/bash
# Whatever happens to a swarm (services made, changed and removed, tasks and daemons killed, hosts
# rebooted, cut off and drained, at random): when it is quiet again, names, virtual addresses, published ports and forwarding entries on every host are what the store says.
# SEED repeats a run; HOSTS, SERVICES (above 20: on larger networks) and CHAOS_SECONDS make it longer (half an hour: CHAOS_SECONDS=1800 HOSTS=5), ENGINE=process its
# containers cheaper, and leaves reboots out.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
seed=${SEED:-$RANDOM}
count=${HOSTS:-3}
page_server=(sleep 86400) # nobody asks for pages here
echo "-- seed $seed"
start_swarm "$count" --engine "${ENGINE:-podman}"
if [ "${SERVICES:-5}" -gt 20 ]; then
  one network rm appnet >/dev/null
  one network create --driver overlay --attachable --subnet 10.64.0.0/16 appnet >/dev/null
  one network rm ingress <<<y >/dev/null
  one network create --driver overlay --ingress --subnet 10.65.0.0/16 ingress >/dev/null
fi
restarts=(--restart always)
[ "${ENGINE:-podman}" = podman ] || restarts=()
for n in $(seq "$count"); do start_container "host-$n" "probe-$n" "${restarts[@]}"; done
python3 -B "$SKEIN_ROOT/tests/lab/tools/chaos.py" "$lab" "$count" "$seed" "${CHAOS_SECONDS:-10}" "${SERVICES:-5}" || fail "seed $seed"
skein lab down "$lab"
if pgrep -f "lab-init $lab " >/dev/null || grep -q "skein-lab/$lab" /proc/self/mounts; then fail "the lab left something behind"; fi
