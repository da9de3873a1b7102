#!/bin/bash
# docker-compose 1.29, which connects containers to their networks before it starts them: two networks with aliases, a
# start that waits for health, scaling, replacing, logs, and nothing left in the end. Then the calls of Compose v2.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
make_lab 1
cat >"$work/docker-compose.yml" <<'YAML'
version: "2.4"
services:
  db:
    image: skein/lab
    command: sh -c "sleep 1; mkdir /tmp/w; echo of the database >/tmp/w/index.html; touch /tmp/ok; exec httpd -f -p 80 -h /tmp/w"
    healthcheck: {test: ["CMD-SHELL", "test -f /tmp/ok"], interval: 1s, timeout: 2s, retries: 20}
    networks:
      back: {aliases: [database, sql]}
  web:
    image: skein/lab
    command: httpd -f -p 80 -h /www
    depends_on:
      db: {condition: service_healthy}
    networks:
      front: {aliases: [site]}
      back: {aliases: [inner]}
  tool:
    image: skein/lab
    command: sh -c "echo begun; exec sleep 1000"
    networks: [front]
networks:
  front:
  back:
YAML
compose() { on host-1 docker-compose --project-name app -f "$work/docker-compose.yml" "$@"; }
has_containers() { [ "$(one ps -q | wc -l)" = "$1" ]; }

compose up -d
expect "Up (healthy)" compose ps db
expect "Hello" compose exec -T tool timeout 5 wget -qO- http://site/
for name in database sql db; do expect "of the database" compose exec -T web timeout 5 wget -qO- "http://$name/"; done
expect_error "" compose exec -T tool timeout 5 wget -qO- http://db/
expect "begun" compose logs tool
compose up -d --scale tool=3
has_containers 5 || fail "scaled: $(one ps)"
compose up -d --scale tool=3 --force-recreate web
has_containers 5 || fail "replaced: $(one ps)"
expect "Hello" compose run --rm tool timeout 5 wget -qO- http://site/
compose restart -t 1 web
expect "of the database" compose exec -T web timeout 5 wget -qO- http://sql/
compose stop -t 1
has_containers 0 || fail "stopped: $(one ps)"
compose start
within 10 compose exec -T tool timeout 5 wget -qO- http://site/
compose down -t 1
has_containers 0 || fail "down: $(one ps)"
if one network ls | finds app_; then fail "networks are left"; fi

# The calls of Compose v2: as the daemon's version has them, as those before 1.44 do, and on a network of the swarm.
replay() { on host-1 python3 -B "$SKEIN_ROOT/tests/lab/tools/compose_v2.py" /run/skein/skein.sock "$@" || fail "replayed: $*"; }
replay new agreed
replay old 1.43
one swarm init --advertise-addr 192.168.1.11 >/dev/null
one network create --driver overlay --attachable meadow >/dev/null
for version in agreed 1.43; do replay far "$version" meadow; done
has_containers 0 || fail "left: $(one ps)"
if one network ls | finds -E 'new_|old_|far_'; then fail "networks are left"; fi
