#!/bin/bash
# Replicas on any host, found by one name, balanced on one address, replaced when they die: with our CLI and with Docker's.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
start_swarm 3
for n in 1 2 3; do start_container "host-$n" "c$n"; done

serve='mkdir -p /w && hostname >/w/index.html && exec httpd -f -p 80 -h /w'
running() { one service ps --filter desired-state=running --format '{{.Node}} {{.CurrentState}}' "$1" | grep -c ' Running'; }
has_running() { [ "$(running "$1")" = "$2" ]; }
has_addresses() { [ "$(resolve "$1" "tasks.$2" | sort -u | wc -l)" = "$3" ]; }
everywhere() { for n in 1 2 3; do "$1" "c$n" "${@:2}" || return; done; }
# ask NAME HOST-NAME COUNT: how often each replica answered.
ask() { on "$(cat "$work/$1.host")" skein exec "$1" sh -c "for _ in \$(seq $3); do timeout 5 wget -qO- http://$2/ || echo failed; done | sort | uniq -c"; }

for cli in "${long_clis[@]}"; do
  echo "-- $cli: five replicas are spread over three hosts"
  one service create --name api --replicas 5 --network appnet --hostname '{{.Task.Name}}' --stop-grace-period 1s \
    --health-cmd 'test -f /w/index.html' --health-interval 300ms skein/lab sh -c "$serve" >"$work/out" 2>&1 || fail "create: $(cat "$work/out")"
  grep -q 'verify: Service .*converged' "$work/out" || fail "create said: $(cat "$work/out")"
  has_running api 5 || fail "service ps: $(one service ps api)"
  for n in 1 2 3; do one service ps --format '{{.Node}}' api | finds "host-$n" || fail "nothing on host-$n: $(one service ps api)"; done
  expect "5/5" one service ls
  [ "$(two ps --filter network=appnet -q | wc -l)" = "$(two ps -q | wc -l)" ] || fail "ps by network: $(two ps --filter network=appnet)"
  [ "$(two ps --filter network=bridge -q | wc -l)" = 0 ] || fail "ps by network: $(two ps --filter network=bridge)"
  [ "$(two ps --filter health=healthy --format '{{.Status}}' | grep -c '(healthy)')" -ge 1 ] || fail "ps: $(two ps)"
  [ "$(one node ps host-2 --filter desired-state=running --format '{{.Name}}' | grep -c '^api\.')" -ge 1 ] || fail "node ps: $(one node ps host-2)"

  echo "-- $cli: one name, one address, every replica its share"
  within 5 everywhere has_addresses api 5
  vip=$(one service inspect --format '{{range .Endpoint.VirtualIPs}}{{.Addr}}{{end}}' api | tr -d '\r')
  [ "$(resolve c1 api)" = "${vip%/*}" ] || fail "api is $(resolve c1 api), not $vip"
  task=$(two ps -q --filter label=com.docker.swarm.service.name=api | sed -n 1p | tr -d '\r')
  expect "(${vip%/*})" two exec "$task" ping -c 2 -W 2 api
  for n in 1 2 3; do
    ask "c$n" api 100 >"$work/shares"
    [ "$(wc -l <"$work/shares")" = 5 ] && awk '$1 < 10 || $1 > 30 { exit 1 }' "$work/shares" || fail "shares from host-$n: $(cat "$work/shares")"
  done

  echo "-- $cli: what dies is replaced"
  two kill "$task" >/dev/null
  task_is_gone() { ! two ps -q --no-trunc | finds "$task"; }
  within 20 task_is_gone
  within 30 has_running api 5
  within 5 everywhere has_addresses api 5

  echo "-- $cli: up and down, update, rollback"
  one service scale api=7 >/dev/null
  has_running api 7 || fail "service ps: $(one service ps api)"
  one service scale api=2 >/dev/null
  within 20 has_running api 2
  within 10 everywhere has_addresses api 2
  one service update --env-add V=2 --update-parallelism 2 --update-monitor 100ms api >/dev/null 2>&1
  expect '"V=2"' one service inspect api
  expect "completed" one service inspect --format '{{.UpdateStatus.State}}' api
  within 20 has_running api 2
  one service rollback api >/dev/null 2>&1
  if one service inspect --format '{{json .Spec}}' api | finds V=2; then fail "not rolled back: $(one service inspect api)"; fi

  echo "-- $cli: a service on every host's own network answers at the hosts' addresses"
  one service create --name exporter --mode global --network host --label com.docker.stack.namespace=watch skein/lab \
    httpd -f -p 9100 -h /www >"$work/out" 2>&1 || fail "create: $(cat "$work/out")"
  has_running exporter 3 || fail "service ps: $(one service ps exporter)"
  for n in 1 2 3; do on "host-$n" curl -s --max-time 5 -o /dev/null "http://192.168.1.1$n:9100/" || fail "no exporter on host-$n"; done
  if one service inspect exporter | finds VirtualIPs; then fail "addresses: $(one service inspect exporter)"; fi
  [ "$(api host-1 GET '/tasks?filters=%7B%22label%22%3A%5B%22com.docker.stack.namespace%3Dwatch%22%5D%7D' | grep -o '"ServiceID"' | wc -l)" = 3 ] || fail "tasks by their service's label"
  one service rm exporter >/dev/null

  echo "-- $cli: a job that is done"
  one service create --name job --mode replicated-job --replicas 3 --max-concurrent 1 skein/lab true >/dev/null 2>&1
  expect "0/1 (3/3 completed)" one service ls
  one service rm job >/dev/null

  echo "-- $cli: a drained host is emptied, and what is impossible says so"
  one node update --availability drain host-3 >/dev/null
  one service scale -d api=4 >/dev/null
  no_task_there() { [ "$(one node ps host-3 --filter desired-state=running -q | wc -l)" = 0 ]; }
  within 20 no_task_there
  within 20 has_running api 4
  one node update --availability active host-3 >/dev/null
  one service create -d --name never --constraint node.labels.zone==moon skein/lab sh -c "$serve" >/dev/null
  says_why() { [[ $(one service ps --no-trunc never) = *"no suitable node (scheduling constraints not satisfied on 3 nodes)"* ]]; }
  within 5 says_why
  one service rm never >/dev/null

  echo "-- $cli: killed daemons do not stop the service, and are back to manage it"
  for n in 1 2 3; do skein lab kill "$lab" "host-$n" >/dev/null; done
  for name in $(seq 4); do inside c1 curl -s --max-time 5 -o /dev/null "http://${vip%/*}/" || fail "request $name failed without daemons"; done
  for n in 1 2 3; do skein lab start "$lab" "host-$n" >/dev/null; done
  within 20 are_ready 3
  within 20 has_running api 4
  within 20 everywhere has_addresses api 4

  echo "-- $cli: removed, it leaves no name and no container"
  one service rm api >/dev/null
  within 20 everywhere is_unknown api
  no_containers() { for n in 1 2 3; do [ "$(on "host-$n" skein ps -aq --filter label=com.docker.swarm.service.name=api | wc -l)" = 0 ] || return; done; }
  within 20 no_containers
  expect_error "no such service: api" one service ps api
done
