#!/bin/bash
# The keys of gossip are replaced while everything runs, and nobody is to notice: here every two seconds instead of every
# twelve hours, through deaths of daemons, the manager's too. Not one ping is lost, no host misses another one, and what is
# new is found.
# ROTATIONS (default 4): how many are waited for in each part.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
rotations=${ROTATIONS:-4}

daemon=$work/daemon
printf '#!/bin/sh\nexec "%s" --key-rotation 2s "$@"\n' "$(dirname "$(command -v skein)")/skeind" >"$daemon"
chmod 755 "$daemon" "$work"
export SKEIN_LAB_DAEMON=$daemon

rotated() { grep -c network-keys-rotated "/run/skein-lab/$lab/host-1/skeind.log"; }
has_rotated() { [ "$(rotated)" -ge "$1" ]; }
rotate_on() { within $((10 + 4 * rotations)) has_rotated "$(($(rotated) + rotations))"; }
# The gossip names of the hosts on appnet, as a host sees them.
peers() { on "$1" skein network inspect appnet --format '{{range .Peers}}{{.Name}} {{.IP}}{{"\n"}}{{end}}' | tr -d '\r' | grep . | sort; }
agree() { [ "$(peers host-1 | wc -l)" = 3 ] && [ "$(peers host-2)" = "$(peers host-1)" ] && [ "$(peers host-3)" = "$(peers host-1)" ]; }

start_swarm 3
for n in 1 2 3; do start_container "host-$n" "c$n"; done
within 10 inside c2 ping -c 1 -W 1 "$(address c3)"
within 20 agree
known=$(peers host-1)

skein lab exec "$lab" host-2 -- nsenter "--net=/proc/$(cat "$work/c2.pid")/ns/net" \
  sh -c "echo \$\$ >$work/ping.pid; exec ping -i 0.02 $(address c3)" >"$work/ping" 2>&1 &
ping=$!
within 10 grep -q 'icmp_seq=50 ' "$work/ping"

echo "-- rotations: the hosts keep each other, and what is new is found on all"
for round in 1 2; do
  rotate_on
  for n in 1 2 3; do [ "$(peers "host-$n")" = "$known" ] || fail "host-$n knows $(peers "host-$n"), before: $known"; done
  start_container host-3 "new$round"
  within 10 resolves c1 "new$round"
  within 10 resolves c2 "new$round"
done

echo "-- a worker's daemon that comes back gets the keys of now"
skein lab kill "$lab" host-2 >/dev/null
rotate_on
skein lab start "$lab" host-2 >/dev/null
within 20 agree
within 10 resolves c2 new2

echo "-- a manager that comes back goes on rotating, with the keys that the others have"
skein lab kill "$lab" host-1 >/dev/null
skein lab start "$lab" host-1 >/dev/null
rotate_on
within 20 agree
two run -d --name late --network appnet skein/lab httpd -f -p 80 -h /www >/dev/null
is_found() { [ -n "$(resolve c1 late)" ]; }
within 10 is_found
within 20 are_ready 3

on host-2 kill -INT "$(cat "$work/ping.pid")"
wait "$ping" || true # judged by what it wrote
sent=$(sed -n 's/ packets transmitted.*//p' "$work/ping")
# The last one may have been on its way when ping was told to end.
missing=$(comm -13 <(sed -n 's/.*icmp_seq=\([0-9]*\) .*/\1/p' "$work/ping" | sort) <(seq "$((sent - 1))" | sort))
[ -z "$missing" ] || fail "of $sent pings are missing: $missing"
echo "   $(rotated) rotations, $sent pings"
for log in "/run/skein-lab/$lab"/host-*/skeind.log; do
  ! finds -e no-gossip-keys -e gossip-keys-refused -e network-keys-not-rotated "$log" || fail "$log: $(grep keys "$log")"
done
