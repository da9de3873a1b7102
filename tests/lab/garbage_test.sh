#!/bin/bash
# Garbage on every socket and in every request body is refused; a running swarm with its containers goes on, and nothing
# that was accepted is lost, not even when the daemon is killed right after. GARBAGE_SEED makes it other garbage.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
seed=${GARBAGE_SEED:-1}
echo "-- seed $seed"
garbage="$SKEIN_ROOT/tests/lab/tools/garbage.py"
cli=skein
make_lab 2
throw() { on "$1" python3 "$garbage" "$seed" "${@:2}" || fail "seed $seed: ${*:2}"; }

expect "is now a manager" one swarm init --advertise-addr 192.168.1.11
token=$(one swarm join-token -q worker)
expect "joined a swarm" two swarm join --token "$token" 192.168.1.11:2377
one network create -d overlay --attachable appnet >/dev/null
one network create -d overlay --attachable other >/dev/null
one run -d --name box --network appnet skein/lab httpd -f -p 80 -h /www >/dev/null
two run -d --name web --network appnet skein/lab httpd -f -p 80 -h /www >/dev/null

daemon_of() { on "$1" sh -c 'fuser /run/skein/skein.sock 2>/dev/null || ss -lxnpH src /run/skein/skein.sock | grep -o "pid=[0-9]*"'; }
everything_works() {
  expect "Hello" one exec box timeout 5 wget -qO- http://web/
  expect "Hello" two exec web timeout 5 wget -qO- http://box/
  [ "$(one node ls | grep -c 'Ready *Active')" = 2 ] || fail "node ls: $(one node ls)"
  [ "$(one network ls --format '{{.Name}}' --filter driver=overlay | sort | xargs)" = "appnet ingress other" ] || fail "networks: $(one network ls)"
  [ "$(one swarm join-token -q worker)" = "$token" ] || fail "the token changed"
}
everything_works
before="$(daemon_of host-1) $(daemon_of host-2)"

echo "-- sockets"
throw host-2 sockets 192.168.1.11
throw host-1 sockets 192.168.1.12
everything_works
echo "-- resolver"
for host in host-1 host-2; do
  name=box
  [ "$host" = host-1 ] || name=web
  pid=$(on "$host" "$cli" inspect --format '{{.State.Pid}}' "$name" | tr -d '\r')
  on "$host" nsenter -t "$pid" -n python3 "$garbage" "$seed" dns
done
everything_works
echo "-- bodies"
throw host-1 api /run/skein/skein.sock
everything_works
[ "$before" = "$(daemon_of host-1) $(daemon_of host-2)" ] || fail "seed $seed: a daemon was restarted"

echo "-- killed in the middle of it"
one network create -d overlay --attachable latest >/dev/null
on host-2 python3 "$garbage" "$seed" sockets 192.168.1.11 >/dev/null &
thrower=$!
on host-1 python3 "$garbage" "$seed" api /run/skein/skein.sock >/dev/null 2>&1 &
asker=$!
latest=$(one network create -d overlay --attachable acknowledged)
skein lab kill "$lab" host-1 >/dev/null
skein lab start "$lab" host-1 >/dev/null
wait "$thrower" || true
wait "$asker" || true
[ "$(one network inspect --format '{{.Id}}' acknowledged | tr -d '\r')" = "$latest" ] || fail "an acknowledged network is lost"
one network rm acknowledged latest >/dev/null
within 20 on host-1 sh -c "[ \"\$($cli node ls | grep -c 'Ready *Active')\" = 2 ]"
within 20 two exec web timeout 5 wget -qO- http://box/
leftover=$(one network ls -q --filter name=garbage)
if [ -n "$leftover" ]; then
  # shellcheck disable=SC2086
  one network rm $leftover >/dev/null
fi
everything_works
