#!/bin/bash
# Who has Docker Engines can move to Skein host by host: a real dockerd joins a Skein swarm as a worker, and containers on
# both sides reach each other by name and address. Two Skein hosts and one client of a lab, in which dockerd runs.
# shellcheck source=tests/interop/lib.sh
source "$SKEIN_ROOT/tests/interop/lib.sh"
begin

echo "-- a Docker Engine joins"
one swarm init --advertise-addr 192.168.1.11 >/dev/null
token=$(one swarm join-token -q worker)
two swarm join --token "$token" 192.168.1.11:2377 >/dev/null
expect_error "invalid join token" dk swarm join --token SWMTKN-1-garbage 192.168.1.11:2377
expect "This node joined a swarm as a worker." dk swarm join --token "$token" --advertise-addr 192.168.1.101 192.168.1.11:2377
version=$(dk version --format '{{.Server.Version}}')
[[ $(docker_node) =~ Ready\ +Active\ +"$version" ]] || fail "node ls: $(docker_node)"
expect "active 192.168.1.101 192.168.1.11:2377" dk info --format \
  '{{.Swarm.LocalNodeState}} {{.Swarm.NodeAddr}} {{range .Swarm.RemoteManagers}}{{.Addr}}{{end}}'
expect_error "Worker nodes can't be used to view or modify cluster state." dk node ls

echo "-- containers on both sides reach each other by name and address"
one network create --driver overlay --attachable appnet >/dev/null
one network create --driver overlay privnet >/dev/null
one run -d --name box --network appnet skein/lab httpd -f -p 80 -h /www >/dev/null
two run -d --name web --network appnet --network-alias shop skein/lab httpd -f -p 80 -h /www >/dev/null
expect_error "network privnet not manually attachable" dk run --rm --network privnet dkimg true
# Docker's resolver does not answer for names that nobody knows, if it can reach no other: give up soon.
dk run -d --name dk --network appnet --network-alias dock --restart always --stop-timeout 1 \
  --dns-opt timeout:1 --dns-opt attempts:1 dkimg httpd -f -p 80 -h /www >/dev/null
address_of() { "$1" exec "$2" hostname -i | tr -d '\r\n'; }
for side in "one box" "two web"; do
  read -r cli container <<<"$side"
  eventually "$cli" exec "$container" ping -c 1 -W 2 dk
  for target in dk dock dk.appnet "$(address_of dk dk)"; do
    expect "Hello from a Docker Engine." "$cli" exec "$container" timeout 5 wget -qO- "http://$target/"
  done
  for bytes in 56 1400 8000; do expect "0% packet loss" "$cli" exec "$container" ping -c 2 -W 2 -s "$bytes" dk; done
  eventually dk exec dk ping -c 1 -W 2 "$container"
  for target in "$container" "$container.appnet" "$(address_of "$cli" "$container")"; do
    expect "Hello from a container on a Skein" dk exec dk timeout 5 wget -qO- "http://$target/"
  done
  for bytes in 56 1400 8000; do expect "0% packet loss" dk exec dk ping -c 2 -W 2 -s "$bytes" "$container"; done
done
expect "Hello" dk exec dk timeout 5 wget -qO- http://shop/
for peer in 192.168.1.11 192.168.1.12 192.168.1.101; do
  expect "$peer" one network inspect appnet --format '{{json .Peers}}'
  expect "$peer" dk network inspect appnet --format '{{json .Peers}}'
done

echo "-- large transfers arrive whole"
digest='head -c 30000000 /dev/urandom >/www/large && md5sum </www/large'
fetch() { echo "timeout 30 wget -qO- http://$1/large | md5sum"; }
expect "$(dk exec dk sh -c "$digest" | tr -d '\r')" two exec web sh -c "$(fetch dk)"
expect "$(two exec web sh -c "$digest" | tr -d '\r')" dk exec dk sh -c "$(fetch web)"

echo "-- a service's tasks run on both sides, are found and balanced, follow updates and end"
serve='mkdir -p /w && hostname >/w/index.html && exec httpd -f -p 80 -h /w'
one service create -d --name api --replicas 6 --network appnet --hostname '{{.Task.Name}}' --stop-grace-period 1s skein/lab sh -c "$serve" >/dev/null
running() { one service ps --filter desired-state=running --format '{{.Node}} {{.CurrentState}}' api | grep -c ' Running'; }
are_running() { [ "$(running)" = "$1" ]; }
eventually are_running 6
on_docker() { one service ps --filter desired-state=running --format '{{.Node}}' api | grep -c client-1; }
[ "$(on_docker)" = 2 ] || fail "not spread: $(one service ps api)"
addresses() { "$1" exec "$2" nslookup tasks.api 127.0.0.11 | sed -n '3,$s/^Address.*: *//p' | tr -d '\r' | sort -u; }
has_addresses() { [ "$(addresses "$1" "$2" | wc -l)" = "$3" ]; }
everywhere() { "$1" one box "${@:2}" && "$1" two web "${@:2}" && "$1" dk dk "${@:2}"; }
eventually everywhere has_addresses 6
# All tasks, one by one. The virtual address inside the Engine is IPVS's, which not every kernel has.
for side in "one box" "two web" "dk dk"; do
  read -r cli container <<<"$side"
  for address in $(addresses one box); do expect "api." "$cli" exec "$container" timeout 5 wget -qO- "http://$address/"; done
done
for side in "one box" "two web"; do
  read -r cli container <<<"$side"
  shares=$("$cli" exec "$container" sh -c 'for _ in $(seq 120); do timeout 5 wget -qO- http://api/ || echo failed; done | sort | uniq -c')
  [ "$(wc -l <<<"$shares")" = 6 ] && awk '$1 < 10 || $1 > 30 { exit 1 }' <<<"$shares" || fail "shares of $container: $shares"
done
one service update -q --env-add V=2 --update-parallelism 3 --update-monitor 100ms api >/dev/null
eventually are_running 6
eventually everywhere has_addresses 6
expect "V=2" dk inspect --format '{{json .Config.Env}}' "$(dk ps -q --filter label=com.docker.swarm.service.name=api | sed -n 1p)"
one service scale -d api=3 >/dev/null
eventually are_running 3
eventually everywhere has_addresses 3
one service rm api >/dev/null
eventually everywhere has_addresses 0

echo "-- the tasks of the Engine have their secrets and configs"
words=$(mktemp)
for name in s1 s2 c1; do
  echo "the words of $name" >"$words"
  case $name in s*) one secret create "$name" "$words" >/dev/null ;; *) one config create --template-driver golang "$name" "$words" >/dev/null ;; esac
done
rm "$words"
one service create -q --name keeper --mode global --stop-grace-period 1s --secret s1 --config source=c1,target=/etc/c1,mode=0400 skein/lab sleep 100000 >/dev/null
keeper() { "$1" exec "$("$1" ps -q --filter label=com.docker.swarm.service.name=keeper | sed -n 1p | tr -d '\r')" "${@:2}"; }
for side in one two dk; do
  expect "the words of s1" keeper "$side" cat /run/secrets/s1
  expect "the words of c1" keeper "$side" cat /etc/c1
  expect "400 0:0" keeper "$side" stat -c '%a %u:%g' /etc/c1
done
one service update -q --update-parallelism 0 --secret-rm s1 --secret-add source=s2,target=s1 keeper >/dev/null
for side in one two dk; do eventually says "the words of s2" keeper "$side" cat /run/secrets/s1; done
one service rm keeper >/dev/null
one secret rm s1 s2 >/dev/null
one config rm c1 >/dev/null

echo "-- a published port leads to a task on the Engine, from hosts of ours"
one service create -d --name front --replicas 1 --constraint node.hostname==client-1 -p 8088:80 --stop-grace-period 1s skein/lab sh -c "$serve" >/dev/null
for n in 1 2; do
  for address in 192.168.1.11 192.168.1.12 localhost; do eventually on "host-$n" -- curl -sSf --noproxy '*' --max-time 3 "http://$address:8088/"; done
done
for _ in $(seq 20); do on host-1 -- curl -sSf --noproxy '*' --max-time 3 http://192.168.1.12:8088/ >/dev/null || fail "not each time"; done
one service rm front >/dev/null

echo "-- clients that come in at the Engine reach a task on a host of ours"
# All but IPVS, which not every kernel has: from where it asks, and what it asks for. The ports are exchanged.
one service create -d --name back --replicas 1 --constraint node.hostname==host-2 -p 8089:80 -p 80:8089 -p 5353:54/udp --stop-grace-period 1s skein/lab \
  sh -c 'for port in 80 8089; do mkdir /$port && echo "port $port." >/$port/index.html; done; httpd -p 80 -h /80 && exec httpd -f -p 8089 -h /8089' >/dev/null
task() { two inspect --format "$1" "$(two ps -q --filter label=com.docker.swarm.service.name=back)" | tr -d '\r\n'; }
is_on_ingress() { [[ $(task '{{.NetworkSettings.Networks.ingress.IPAddress}}') = 10.0.0.* ]]; }
eventually is_on_ingress
back=$(task '{{.NetworkSettings.Networks.ingress.IPAddress}}')
echoes='import socket
echoes = socket.socket(type=socket.SOCK_DGRAM)
echoes.bind(("", 54))
while True: echoes.sendto(*echoes.recvfrom(9))'
on host-2 -- sh -c "setsid nsenter --net=/proc/$(task '{{.State.Pid}}')/ns/net python3 -c '$echoes' >/dev/null 2>&1 &"
engine() { on client-1 -- nsenter --net=/run/docker/netns/ingress_sbox "$@"; }
page() { "$1" curl -sSf --noproxy '*' --max-time 3 "http://$2/"; }
host_1() { on host-1 -- "$@"; }
eventually page engine "$back:8089"
eventually page host_1 "192.168.1.11:8089"
for _ in $(seq 5); do
  expect "port 80." page engine "$back:8089"
  expect "port 8089." page engine "$back:80"
  expect "port 80." page host_1 192.168.1.11:8089
  expect "port 8089." page host_1 192.168.1.11:80
done
echoed() { engine timeout 3 python3 -c 'import socket, sys
asker = socket.socket(type=socket.SOCK_DGRAM)
asker.connect((sys.argv[1], 5353))
asker.send(b"hello")
print(asker.recv(9))' "$back"; }
eventually says hello echoed
one service rm back >/dev/null

echo "-- it stays in the swarm"
# The manager forgets a node after three periods of 5 s: the fifth heartbeat is later than that.
eventually has_beaten 5
expect "Ready" docker_node

echo "-- it comes back after a restart, with its container"
stop_dockerd
eventually says "bad address 'dk'" one exec box ping -c 1 dk
start_dockerd
eventually one exec box ping -c 1 -W 2 dk
eventually dk exec dk timeout 5 wget -qO- http://web/
eventually is_node Ready

echo "-- its certificate is renewed, and it is served after that"
# What a root rotation does to a node: its certificate's state becomes ROTATE (5, was ISSUED: 3). Docker's connections
# after a renewal come without ALPN.
before=$(certificate)
skein lab kill "$lab" host-1 >/dev/null
python3 - "/var/lib/skein-lab/$lab/host-1/skein/swarm/swarm.db" <<'PY'
import sqlite3, sys
store = sqlite3.connect(sys.argv[1])
issued, rotate = b'\x1a\x02\x08\x03\x22', b'\x1a\x02\x08\x05\x22'  # Certificate: status (field 3), then field 4
nodes = [row for row in store.execute('select kind, id, body from objects') if b'client-1' in row[2] and issued in row[2]]
assert len(nodes) == 1, nodes
kind, name, body = nodes[0]
store.execute('update objects set body = ? where kind = ? and id = ?', (body.replace(issued, rotate), kind, name))
store.commit()
PY
skein lab start "$lab" host-1 >/dev/null
eventually has_new_certificate "$before"
skein lab kill "$lab" host-1 >/dev/null
skein lab start "$lab" host-1 >/dev/null
eventually is_node Ready
# Needs a session: the manager gives the address.
eventually dk run --rm --network appnet dkimg timeout 5 wget -qO- http://box/

echo "-- what is removed on one side is gone on the other"
two rm -f web >/dev/null
eventually says "bad address 'web'" dk exec dk ping -c 1 web
expect "0% packet loss" dk exec dk ping -c 1 -W 2 box
dk rm -f dk >/dev/null
eventually says "bad address 'dk'" one exec box ping -c 1 dk

echo "-- again and again the first container of its network there, and a running one that is connected"
# Each time the Engine gets an address of its own on the network, and has to know it before it is given the container.
for _ in 1 2 3; do expect "Hello from a container on a Skein" dk run --rm --network appnet dkimg timeout 5 wget -qO- http://box/; done
dk run -d --name plain --stop-timeout 1 dkimg httpd -f -p 80 -h /www >/dev/null
dk network connect --alias other appnet plain
eventually one exec box ping -c 1 -W 2 other
dk network disconnect appnet plain
eventually says "bad address 'other'" one exec box ping -c 1 other
dk rm -f plain >/dev/null
one rm -f box >/dev/null
eventually one network rm appnet

echo "-- it leaves"
expect_error "is not down and can't be removed" one node rm client-1
expect "Node left the swarm." dk swarm leave
eventually is_node Down
one node rm client-1 >/dev/null
if docker_node; then fail "still there"; fi
stop_dockerd
eventually nothing_of_docker_runs
