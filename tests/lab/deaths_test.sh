#!/bin/bash
# Deaths under load: a task, the daemon of a worker, the manager's daemon, a whole host. Requests that the others' replicas
# have begun to answer are answered to the end, workers go on serving and finding names, and the service heals.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"

start_swarm 3
for n in 1 2; do start_container "host-$n" "c$n"; done
# Each answer begins with the host and takes some seconds.
one service create -q --name web --replicas 6 --network appnet --hostname '{{.Node.Hostname}}' --restart-delay 100ms skein/lab \
  nc -ll -p 80 -e sh -c 'hostname; sleep 8; echo whole' >/dev/null 2>&1 || fail "create: $(one service ps web)"
are_running() { [ "$(one service ps --filter desired-state=running --format '{{.CurrentState}}' web | grep -c '^Running')" = "$1" ]; }

# hold: long requests from two hosts, all of them begun when it returns; held waits for their ends.
declare -a holders
hold() {
  local n address
  holders=()
  for n in 1 2; do
    rm -f "$work/held-$n"
    address=$(resolve "c$n" web)
    inside "c$n" python3 "$SKEIN_ROOT/tests/lab/tools/holders" "$address" 30 >"$work/held-$n" 2>&1 & holders+=($!)
  done
  for n in 1 2; do within 40 grep -qx open "$work/held-$n"; done
}
held() { wait "${holders[@]}" && cat "$work"/held-?; }
# all_whole HOST…: every request that a replica there began to answer ended whole, and there were some.
all_whole() {
  local host
  for host in "$@"; do
    grep -q "^$host whole\$" "$work/ends" || fail "$host answered nothing: $(cat "$work/ends")"
    ! grep "^$host: " "$work/ends" || fail "requests of $host did not end well"
  done
}

echo "-- a task is killed: the others' requests end well, and it is replaced"
hold
one kill "$(one ps -q --filter label=com.docker.swarm.service.name=web | sed -n 1p | tr -d '\r')" >/dev/null
held >"$work/ends"
all_whole host-2 host-3
within 30 are_running 6

echo "-- the daemons of the manager and of a worker are killed: nobody notices, and workers go on finding names"
hold
skein lab kill "$lab" host-1
skein lab kill "$lab" host-3
inside c2 python3 "$SKEIN_ROOT/tests/lab/tools/holders" "$(resolve c2 web)" 10 >"$work/later" 2>&1 || fail "new requests: $(cat "$work/later")"
[ "$(grep -c ' whole$' "$work/later")" = 10 ] || fail "new requests: $(cat "$work/later")"
held >"$work/ends"
all_whole host-1 host-2 host-3
skein lab start "$lab" host-1
skein lab start "$lab" host-3
within 60 are_ready 3
within 30 are_running 6

echo "-- a whole host dies: the other hosts' requests end well, and its tasks are started elsewhere"
hold
on host-3 sh -c 'kill -9 -1' || true
held >"$work/ends"
all_whole host-1 host-2
grep -q '^host-3: ' "$work/ends" || fail "host-3 is still there: $(cat "$work/ends")"
all_elsewhere() { are_running 6 && [ "$(one service ps --filter desired-state=running --format '{{.Node}}' web | grep -c host-3)" = 0 ]; }
within 90 all_elsewhere
# By both hosts: each of them hears of the death by itself.
six_are_found() { local n; for n in 1 2; do [ "$(resolve "c$n" tasks.web | wc -l)" = 6 ] || return; done; }
within 30 six_are_found
hold
held >"$work/ends"
all_whole host-1 host-2
[ "$(grep -c ' whole$' "$work/ends")" = 60 ] || fail "not all are answered: $(cat "$work/ends")"
