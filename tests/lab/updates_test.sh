#!/bin/bash
# Nobody notices an update: a web service gets another secret in both orders of updating, is scaled, and driven off a host,
# while three hosts ask it without pause by its name, and somebody outside by its published port, through three hosts; not
# one request may fail.
# RATE is the number of requests per second of the three together, and of the one outside, ROUNDS repeats it all (100,000
# requests of each kind are about 20 rounds), HOSTS makes the swarm larger, ENGINE=process its containers cheaper; with
# FAULTS=1 daemons are killed besides, the manager's too, and a host is cut off for two seconds: less than a client's
# patience, which asks for a name each second, as nobody answers while the daemon is dead.
# alone
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
rate=${RATE:-300}
hosts=${HOSTS:-3}
tries=1
[ "${FAULTS:-0}" = 0 ] || tries=5
if [ "${ENGINE:-podman}" = process ]; then
  page_server=(busybox httpd -f -p 80 -h "$work/www")
  mkdir "$work/www"
  echo page >"$work/www/index.html"
fi

start_swarm "$hosts" --clients 1 --engine "${ENGINE:-podman}"
for n in 1 2 3; do start_container "host-$n" "c$n"; done
for name in old new; do echo "$name" | one secret create "$name" - >/dev/null; done
one service create -q --name web --replicas 6 --network appnet -p 8080:80 --secret source=old,target=key --stop-grace-period 2s --update-monitor 100ms \
  --update-parallelism 2 skein/lab "${page_server[@]}" >/dev/null 2>&1 || fail "create: $(one service ps web)"
are_running() { [ "$(one service ps --filter desired-state=running --format '{{.CurrentState}}' web | grep -c '^Running')" = "$1" ]; }

touch "$work/asking"
declare -a askers
for n in 1 2 3; do
  skein lab exec "$lab" "host-$n" -- nsenter "--net=/proc/$(cat "$work/c$n.pid")/ns/net" \
    "$SKEIN_ROOT/tests/lab/tools/requests" web "$((rate / 3))" "$work/asking" "$tries" >"$work/asked-$n" 2>&1 &
  askers+=($!)
done
# From outside, through three entry hosts.
skein lab exec "$lab" client-1 -- "$SKEIN_ROOT/tests/lab/tools/requests" 192.168.1.11:8080,192.168.1.12:8080,192.168.1.13:8080 \
  "$rate" "$work/asking" >"$work/asked-outside" 2>&1 &
askers+=($!)

# update OPTION…: done when it has converged.
update() { one service update -q "$@" web >/dev/null 2>&1 || fail "update $*: $(one service ps web)"; }
kill_daemons() {
  local n
  for n in 1 2 $((hosts - 1)) "$hosts"; do
    skein lab kill "$lab" "host-$n" >/dev/null
    pause 1
    skein lab start "$lab" "host-$n" >/dev/null
  done
  within 60 are_running 6
}
cut_off() {
  skein lab cut "$lab" "$1" >/dev/null
  pause 2
  skein lab heal "$lab" >/dev/null
}
for round in $(seq "${ROUNDS:-1}"); do
  echo "-- round $round: stop-first, start-first, up and down, off a host"
  update --update-order stop-first --secret-rm old --secret-add source=new,target=key
  update --update-order start-first --secret-rm new --secret-add source=old,target=key
  one service scale -d web=9 >/dev/null
  within 60 are_running 9
  one service scale -d web=6 >/dev/null
  within 60 are_running 6
  one node update --availability drain host-3 >/dev/null
  nothing_there() { [ "$(one node ps --filter desired-state=running -q host-3 | wc -l)" = 0 ] && are_running 6; }
  within 60 nothing_there
  one node update --availability active host-3 >/dev/null
  if [ "${FAULTS:-0}" = 1 ]; then
    echo "-- round $round: killed daemons, a host that is cut off"
    kill_daemons
    cut_off "host-$hosts"
    within 60 are_running 6
  fi
done

rm "$work/asking"
wait "${askers[@]}"
is_perfect=1
for n in 1 2 3 outside; do
  grep -E '^-- | asked, ' "$work/asked-$n" | sed "s/^-- //; s/^/-- $n: /" | tee -a "$work/asked"
  grep -q '^[1-9][0-9]* asked, 0 failed$' "$work/asked-$n" || is_perfect=0
done
[ $is_perfect = 1 ] || fail "requests of $(cat "$work/asked")"
