#!/bin/bash
# A compose file becomes services, networks, secrets and configs, deployed again touches nothing, and goes with one command:
# with our CLI and with Docker's.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
start_swarm 3 --clients 1

echo "a page" >"$work/page.txt"
echo "a word" >"$work/word.txt"
cat >"$work/f.yml" <<'YAML'
version: "3.8"
services:
  web:
    image: skein/lab
    command: [sh, -c, 'mkdir -p /w && cp /page /w/index.html && exec httpd -f -p 80 -h /w']
    configs: [{source: page, target: /page}]
    ports: ["${PORT:-8080}:80"]
    networks: [front]
    stop_grace_period: 1s
    deploy: {replicas: 3}
  back:
    image: skein/lab
    command: [sh, -c, 'while ! wget -qO- http://web/; do sleep 0.1; done; cat /run/secrets/word; exec sleep 1000000']
    secrets: [word]
    networks: {front: {aliases: [store]}}
    environment: {ROUND: "${ROUND:-1}"}
    stop_grace_period: 1s
  each:
    image: skein/lab
    command: sleep 1000000
    init: true
    stop_grace_period: 1s
    deploy: {mode: global}
networks:
  front: {attachable: true, ipam: {config: [{subnet: 10.77.0.0/24}]}}
secrets:
  word: {file: word.txt}
configs:
  page: {file: page.txt}
YAML

# deploy [NAME=VALUE…] [OPTION…]
deploy() {
  local variables=()
  while [[ ${1:-} = *=* && $1 != -* ]]; do
    variables+=("$1")
    shift
  done
  on host-1 env "${variables[@]}" "$cli" stack deploy --detach --resolve-image never -c "$work/f.yml" "$@" demo 2>&1
}
tasks() { one service ps -q --no-trunc --filter desired-state=running "demo_$1" | tr -d '\r' | sort; }
is_up() { [ "$(one stack services --format '{{.Name}} {{.Replicas}}' demo | tr -d '\r' | sort)" = "$1" ]; }
shows_page() { [ "$(on client-1 curl -s --noproxy "*" --max-time 2 "http://192.168.1.1$1:$2/")" = "a page" ]; }
says() { one service logs --raw "demo_$1" 2>&1 | finds "$2"; }
is_gone() { [ -z "$(one service ls -q)$(one network ls -q --filter label=com.docker.stack.namespace=demo)$(one secret ls -q)$(one config ls -q)" ]; }

for cli in "${clis[@]}"; do
  echo "-- $cli: a stack is deployed"
  expect "published: 8080" on host-1 "$cli" stack config -c "$work/f.yml"
  deploy >"$work/out" || fail "deploy: $(cat "$work/out")"
  printf '%s\n' "Creating network demo_front" "Creating network demo_default" "Creating secret demo_word" "Creating config demo_page" \
    "Creating service demo_web" "Creating service demo_back" "Creating service demo_each" | sort >"$work/wanted"
  tr -d '\r' <"$work/out" | sort | diff "$work/wanted" - || fail "deploy said: $(cat "$work/out")"
  within 60 is_up "demo_back 1/1
demo_each 3/3
demo_web 3/3"
  for n in 1 2 3; do within 20 shows_page "$n" 8080; done
  within 20 says back "a page"
  within 20 says back "a word"
  expect "demo      3" one stack ls
  expect "sleep 1000000" on host-1 "$cli" exec "$(on host-1 skein ps -q --filter label=com.docker.swarm.service.name=demo_each | tr -d '\r')" \
    sh -c 'tr "\0" " " </proc/1/cmdline | grep -v "^sleep"'
  [ "$(one stack ps -q demo | wc -l)" = 7 ] || fail "stack ps: $(one stack ps demo)"
  expect "demo_each." one stack ps --filter name=demo_each demo

  echo "-- $cli: deployed again, only what changed is replaced"
  tasks web >"$work/web"
  tasks back >"$work/back"
  deploy >"$work/out" || fail "deploy: $(cat "$work/out")"
  if finds Creating "$work/out"; then fail "deploy said: $(cat "$work/out")"; fi
  deploy ROUND=2 >/dev/null
  back_is_new() { [ "$(tasks back | wc -l)" = 1 ] && [ "$(tasks back)" != "$(cat "$work/back")" ]; }
  within 30 back_is_new
  expect "ROUND=2" one service inspect demo_back
  tasks web | diff "$work/web" - || fail "tasks of web were replaced: $(one stack ps demo)"
  within 30 is_up "demo_back 1/1
demo_each 3/3
demo_web 3/3"
  deploy ROUND=2 PORT=8081 >/dev/null
  within 30 shows_page 2 8081

  echo "-- $cli: services that the file no longer names are pruned"
  sed '/^  each:/,/global/d' "$work/f.yml" >"$work/g.yml"
  expect "Removing service demo_each" on host-1 "$cli" stack deploy --detach --prune --resolve-image never -c "$work/g.yml" demo
  [ "$(one stack services -q demo | wc -l)" = 2 ] || fail "stack services: $(one stack services demo)"

  echo "-- $cli: removed and deployed again at once"
  one stack rm demo >/dev/null
  deploy >"$work/out" || fail "deploy: $(cat "$work/out")"
  within 60 is_up "demo_back 1/1
demo_each 3/3
demo_web 3/3"

  echo "-- $cli: removed, nothing is left"
  one stack rm demo >"$work/out" 2>&1 || fail "rm: $(cat "$work/out")"
  for what in "service demo_back" "service demo_web" "secret demo_word" "config demo_page" "network demo_front" "network demo_default"; do
    finds "Removing $what" "$work/out" || fail "rm said: $(cat "$work/out")"
  done
  within 30 is_gone
  expect "Nothing found in stack: demo" one stack rm demo
done
