#!/bin/bash
# Ports of the routing mesh as users see them, and tasks on the ingress network: with our CLI and with Docker's.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
start_swarm 2

ports() { one service inspect --format '{{range .Endpoint.Ports}}{{.PublishedPort}}->{{.TargetPort}}/{{.Protocol}}/{{.PublishMode}} {{end}}' "$1" | tr -d '\r'; }
# In any order: Docker's client sends a range's ports in a random one.
sorted() { tr ' ' '\n' | sort | xargs; }
expect_ports() { [ "$(ports "$1" | sorted)" = "$(sorted <<<"$2")" ] || fail "ports of $1: $(ports "$1"); wanted: $2"; }
# The namespace of the only task of a service on this host.
task_of() { on "$1" skein ps -q --no-trunc --filter "label=com.docker.swarm.service.name=$2" | tr -d '\r'; }
in_task() { on "$1" nsenter "--net=/proc/$(on "$1" skein inspect -f '{{.State.Pid}}' "$(task_of "$1" "$2")" | tr -d '\r')/ns/net" "${@:3}"; }
create() { one service create -d --stop-grace-period 1s --name "$@" skein/lab httpd -f -p 80 -h /www >/dev/null; }

for cli in "${long_clis[@]}"; do
  echo "-- $cli: ports are given out, shown, and belong to one service"
  create web --mode global --network appnet -p 8080:80 -p 8090-8091:90-91/udp
  expect_ports web "8080->80/tcp/ingress 8090->90/udp/ingress 8091->91/udp/ingress"
  expect "*:8080->80/tcp, *:8090-8091->90-91/udp" one service ls
  expect "PublishMode = ingress" one service inspect --pretty web
  create open --replicas 1 -p 80 --publish target=81,published=8081,protocol=tcp,mode=ingress
  open=$(ports open)
  [[ $open =~ 30[0-9]{3}-'>80/tcp/ingress' ]] || fail "ports of open: $open"
  expect_error "port '8080' is already in use by service 'web' ($(one service inspect --format '{{.ID}}' web | tr -d '\r')) as an ingress port" \
    create clash -p 8080:80
  expect_error "is already in use by service 'open'" create clash --publish "mode=host,target=80,published=${open%%-*}"
  expect_error "port published with ingress mode can't be used with dnsrr mode" create clash --endpoint-mode dnsrr -p 8082:80
  one service update -d --env-add V=2 open >/dev/null
  [ "$(ports open)" = "$open" ] || fail "after an update: $(ports open)"
  one service update -d --publish-rm 81 --publish-add 8083:83 open >/dev/null
  [[ $(ports open) = *"8083->83/tcp/ingress"* && $(ports open) != *8081* && $(ports open) = *"${open%%-*}"* ]] || fail "after --publish-rm: $(ports open)"

  echo "-- $cli: services and tasks are on ingress, and interfaces follow the alphabet"
  for n in 1 2; do
    has_task() { [ -n "$(task_of "host-$n" web)" ]; }
    within 30 has_task
    address() { in_task "host-$n" web ip -4 -o address show "$1" | grep -o 'inet [0-9./]*'; }
    [[ $(address eth0) = "inet 10.0.1."* && $(address eth1) = "inet 10.0.0."* ]] || fail "host-$n: $(in_task "host-$n" web ip address)"
    expect "default via 10.0.0.1 dev eth1" in_task "host-$n" web ip route
  done
  [ "$(one service inspect --format '{{range .Endpoint.VirtualIPs}}{{.Addr}} {{end}}' web | grep -c '^10\.0\.0\.[0-9]*/24 10\.0\.1\.')" = 1 ] ||
    fail "virtual addresses: $(one service inspect web)"
  on host-1 skein run -d --name asker --network appnet skein/lab httpd -f -p 80 -h /www >/dev/null
  names() { on host-1 skein exec asker nslookup web 2>/dev/null | sed -n '3,$s/^Address.*: *//p'; }
  has_name() { [[ $(names) = 10.0.1.* ]]; }
  within 10 has_name
  on host-1 skein rm -f asker >/dev/null

  echo "-- $cli: the way out and the host's own endpoint are there, as Docker's users know them"
  expect "docker_gwbridge   bridge    local" one network ls
  expect "docker_gwbridge" two network ls --filter driver=bridge
  expect '"gateway_ingress-sbox"' two network inspect docker_gwbridge
  expect "\"gateway_$(task_of host-2 web | cut -c1-12)\"" two network inspect docker_gwbridge
  expect '"ingress-endpoint"' two network inspect ingress
  expect_error "error while removing network: network docker_gwbridge id" two network rm docker_gwbridge
  expect_error "has active endpoints: " one network rm docker_gwbridge

  echo "-- $cli: a port of a host has one holder"
  # Of any user's container: $1 -p, $2 what is said.
  refused() {
    expect_error "driver failed programming external connectivity on endpoint second (" on host-1 "$cli" run -d --name second -p "$1" skein/lab sleep 600
    on host-1 "$cli" rm second >/dev/null
    expect_error "$2" on host-1 "$cli" run -d --name second -p "$1" skein/lab sleep 600
    on host-1 "$cli" rm second >/dev/null
  }
  on host-1 "$cli" run -d --name first -p 8096:80 skein/lab httpd -f -p 80 -h /www >/dev/null
  refused 8096:80 "Bind for 0.0.0.0:8096 failed: port is already allocated"
  refused 127.0.0.1:8096:80 "Bind for 127.0.0.1:8096 failed: port is already allocated"
  refused 8080:80 "failed to bind host port 0.0.0.0:8080/tcp: address already in use by the swarm, of which a service publishes it"
  refused '[::1]:8096:80' "Bind for ::1:8096 failed: port is already allocated"

  echo "-- $cli: a port of a container answers by both families, or where it was wanted"
  on host-1 "$cli" run -d --name narrow -p '[::1]:8097:80' -p 127.0.0.1:8098:80 skein/lab httpd -f -p 80 -h /www >/dev/null
  shown() { on host-1 "$cli" inspect -f '{{range index .NetworkSettings.Ports "80/tcp"}}{{.HostIp}} {{.HostPort}},{{end}}' "$1" | tr -d '\r'; }
  [ "$(shown first)" = "0.0.0.0 8096,:: 8096," ] || fail "ports of first: $(shown first)"
  expect "[::]:8096" on host-1 skein port first 80
  expect "[::]:8096->80/tcp" on host-1 skein ps
  calls() { on "$1" curl -s --noproxy '*' --max-time 5 -o /dev/null "http://$2/"; }
  refuses() { ! calls "$1" "$2"; }
  for called in 127.0.0.1:8096 192.168.1.11:8096 '[::1]:8096' "[fd00:1::11]:8096" '[::1]:8097' 127.0.0.1:8098; do
    calls host-1 "$called" || fail "no answer at $called"
  done
  for called in 192.168.1.11:8096 "[fd00:1::11]:8096"; do calls host-2 "$called" || fail "no answer at $called for host-2"; done
  for called in 127.0.0.1:8097 "[fd00:1::11]:8097" '[::1]:8098' 192.168.1.11:8098; do
    refuses host-1 "$called" || fail "an answer at $called"
  done
  on host-1 "$cli" rm -f first narrow >/dev/null
  one service create -d --name edge --mode global --publish mode=host,published=8099,target=80 skein/lab httpd -f -p 80 -h /www >/dev/null
  for called in 127.0.0.1:8099 '[::1]:8099'; do within 30 calls host-2 "$called"; done
  one service rm edge >/dev/null
  taken host-1 tcp 8096
  refused 8096:80 "failed to bind host port 0.0.0.0:8096/tcp: address already in use by python3 (pid $(on host-1 cat /run/taken-8096))"
  freed host-1 8096

  echo "-- $cli: a program of a host that has a published port is named, until it ends"
  taken host-2 tcp 8095
  held="port 8095 is held by python3 (pid $(on host-2 cat /run/taken-8095)) on host-2, which gets no new connections while it is published"
  create held --replicas 1 --constraint node.hostname==host-1 -p 8095:80
  says_held() { one service ps --no-trunc held | finds -F "$held"; }
  within 30 says_held
  expect 1/1 one service ls --filter name=held
  expect "event=published-port-held" cat "/run/skein-lab/$lab/host-2/skeind.log"
  freed host-2 8095
  is_free() { ! one service ps --no-trunc held | finds "is held by" && one service ps held | finds Running; }
  within 60 is_free
  one service rm held >/dev/null

  echo "-- $cli: without ports there is no ingress, and without ingress there are no ports"
  expect_error "ingress network cannot be removed because service" one network rm ingress <<<y
  one service rm open >/dev/null
  one service update -d --publish-rm 80 --publish-rm 90/udp --publish-rm 91/udp web >/dev/null
  [ -z "$(ports web | tr -d ' ')" ] || fail "ports are left: $(ports web)"
  is_off() { ! in_task host-1 web ip -4 -o address | finds '10\.0\.0\.' && in_task host-1 web ip -4 -o address | finds '10\.0\.1\.'; }
  within 30 is_off
  expect "Before removing the routing-mesh network" one network rm ingress <<<y
  expect_error "code = FailedPrecondition desc = service needs ingress network, but no ingress network is present" create clash -p 8080:80
  one network create -d overlay --ingress --subnet 10.11.0.0/16 --gateway 10.11.0.2 my >/dev/null
  expect_error "code = AlreadyExists desc = ingress network ($(one network inspect -f '{{.Id}}' my | tr -d '\r')) is already present" \
    one network create -d overlay --ingress other
  expect true one network inspect -f '{{.Ingress}}' my
  one service update -d --publish-add 8080:80 web >/dev/null
  is_on() { in_task host-2 web ip -4 -o address | finds '10\.11\.0\.'; }
  within 30 is_on
  one service rm web >/dev/null
  is_over() { for n in 1 2; do [ -z "$(on "host-$n" skein ps -aq)" ] || return; done; }
  within 30 is_over
  expect my one network rm my <<<y
  one network create -d overlay --ingress --subnet 10.0.0.0/24 ingress >/dev/null
done
