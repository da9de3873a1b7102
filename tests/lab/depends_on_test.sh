#!/bin/bash
# A web service starts when its database is healthy and its migration is done, on whatever hosts these run: at the first
# deployment, after the death of each container and host, after all hosts lost their power, and when a new version brings a
# new migration.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
start_swarm 3

# The database needs five seconds to be of use. Whoever starts before that does not find it within two, and exits with 7.
cat >"$work/f.yml" <<'YAML'
name: shop
services:
  web:
    image: skein/lab
    command: [sh, -c, 'for _ in 1 2 3 4 5 6 7 8 9 10; do timeout 1 wget -qO- http://db/ready && exec httpd -f -p 80 -h /www; sleep 0.2; done; exit 7']
    environment: {ROUND: "${ROUND:-1}"}
    depends_on:
      db: {condition: service_healthy}
      migrate: {condition: service_completed_successfully}
    stop_grace_period: 1s
    deploy: {placement: {constraints: [node.hostname==host-3]}, restart_policy: {delay: 200ms}}
  db:
    image: skein/lab
    command: [sh, -c, 'rm -rf /w; mkdir -p /w; sleep 5; echo ok >/w/ready; exec httpd -f -p 80 -h /w']
    healthcheck: {test: [CMD, timeout, '1', wget, -qO-, 'http://127.0.0.1/ready'], interval: 300ms, start_period: 60s, start_interval: 200ms}
    stop_grace_period: 1s
    deploy: {placement: {constraints: [node.hostname==host-2]}, restart_policy: {delay: 200ms}}
  migrate:
    image: skein/lab
    command: [sh, -c, 'sleep ${SECONDS_OF_MIGRATION:-2}; exit ${RESULT:-0}']
    restart: "no"
    depends_on: {db: {condition: service_healthy}}
    deploy: {placement: {constraints: [node.hostname==host-1]}}
  debug: {image: skein/lab, command: [sleep, '1000000'], profiles: [debug]}
YAML

# deploy [NAME=VALUE…]
deploy() {
  on host-1 env "$@" skein stack deploy --detach --resolve-image never -c "$work/f.yml" shop >"$work/out" 2>&1 || fail "deploy: $(cat "$work/out")"
}
states() { one service ps --no-trunc --format '{{.CurrentState}} {{.Error}}' "shop_$1" | tr -d '\r'; }
# The newest task's.
state() { states "$1" | sed -n 1p; }
has_state() { [[ $(state "$1") = $2* ]]; }
says() { one stack ps --no-trunc --format '{{.Name}} {{.Error}}' shop | finds "^shop_$1.*$2"; }
is_up() { has_state db Running && has_state web Running && has_state migrate Complete; }
web_is_never_early() { if states web | finds 'exit (7)'; then fail "web was too early: $(one service ps --no-trunc shop_web)"; fi; }
pid_of() { on "$1" skein inspect -f '{{.State.Pid}}' "$(on "$1" skein ps -q --filter "label=com.docker.swarm.service.name=shop_$2" | tr -d '\r' | sed -n 1p)" | tr -d '\r'; }
task_of() { one service ps -q --no-trunc --filter desired-state=running "shop_$1" | tr -d '\r'; }
has_another() { [ -n "$(task_of "$1")" ] && [ "$(task_of "$1")" != "$2" ]; }
# dies HOST SERVICE: its container is killed, and the task is given up.
dies() {
  local before pid
  before=$(task_of "$2")
  pid=$(pid_of "$1" "$2")
  on "$1" kill -9 "$pid"
  is_given_up() { [ "$(task_of "$1")" != "$before" ]; }
  within 20 is_given_up "$2"
}
migrations() { states migrate | grep -c '^Complete'; }

echo "-- a deployment: the database, then the migration, then the web service"
deploy
grep -q 'by the Compose Specification' "$work/out" || fail "deploy said: $(cat "$work/out")"
[ "$(sed -n 's/^Creating service shop_//p' "$work/out" | tr -d '\r' | tr '\n' ' ')" = "db migrate web " ] || fail "order: $(cat "$work/out")"
within 20 says web 'waiting for db to be healthy, migrate to complete'
within 20 says migrate 'waiting for db to be healthy'
within 40 says web 'waiting for migrate to complete'
has_state db Running || fail "db: $(states db)"
within 40 is_up
says web waiting && fail "it still waits: $(one stack ps shop)"
[ "$(one stack services -q shop | wc -l)" = 3 ] || fail "services: $(one stack services shop)"
web_is_never_early

echo "-- each container dies"
dies host-3 web
within 30 is_up
dies host-2 db
has_state web Running || fail "web did not go on: $(states web)"
within 30 is_up
dies host-2 db
dies host-3 web
within 20 says web 'waiting for db to be healthy'
within 40 is_up
web_is_never_early

echo "-- each host loses its power"
db=$(task_of db)
web=$(task_of web)
skein lab reboot "$lab" host-2 >/dev/null
within 60 has_another db "$db"
within 60 is_up
[ "$(task_of web)" = "$web" ] || fail "web did not go on: $(states web)"
skein lab reboot "$lab" host-3 >/dev/null
within 60 has_another web "$web"
within 60 is_up
skein lab reboot "$lab" host-1 >/dev/null
within 60 are_ready 3
within 60 is_up
web_is_never_early

echo "-- all hosts lose their power"
db=$(task_of db)
web=$(task_of web)
for n in 1 2 3; do skein lab reboot "$lab" "host-$n" >/dev/null & done
wait
within 60 are_ready 3
within 60 has_another db "$db"
within 60 has_another web "$web"
within 60 is_up
web_is_never_early
[ "$(migrations)" = 1 ] || fail "migrated $(migrations) times"

echo "-- a new version waits for its migration, and the old one serves meanwhile"
before=$(task_of web)
deploy ROUND=2 SECONDS_OF_MIGRATION=4
within 20 has_state migrate Running
[ "$(task_of web)" = "$before" ] || fail "web was replaced: $(one service ps --no-trunc shop_web)"
has_state web Running || fail "web: $(states web)"
within 60 has_another web "$before"
within 60 is_up
web_is_never_early

echo "-- a migration that fails holds back the next version, and says why"
deploy ROUND=3 RESULT=3
within 20 has_state migrate Failed
dies host-3 web
within 20 says web 'waiting for migrate to complete (it failed: task: non-zero exit (3))'
deploy ROUND=3
within 60 is_up

echo "-- what cannot hold is refused"
expect_error "services wait for each other" one service create --detach --name shop_self --label skein.depends_on=shop_self:service_started skein/lab true
expect_error "is not a service and its condition" one service create --detach --name other --label skein.depends_on=db skein/lab true
one stack rm shop >/dev/null
