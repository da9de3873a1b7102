#!/bin/bash
# The main promise: two hosts form a swarm, and containers on them reach each other by name and address as if they were
# on one LAN, with our CLI and with Docker's, through the death of any daemon. What is refused: errors_test.sh.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
make_lab 2

for cli in "${clis[@]}"; do
  echo "-- $cli: init and join"
  expect "is now a manager" one swarm init --advertise-addr 192.168.1.11
  token=$(one swarm join-token -q worker)
  expect "This node joined a swarm as a worker." two swarm join --token "$token" 192.168.1.11:2377
  nodes=$(one node ls)
  [ "$(grep -c 'Ready *Active' <<<"$nodes")" = 2 ] || fail "node ls: $nodes"
  grep -q 'host-1 .*Leader' <<<"$nodes" || fail "node ls: $nodes"
  one network create --driver overlay --attachable appnet >/dev/null

  echo "-- $cli: containers on both hosts reach each other"
  two run -d --name web --network appnet --network-alias shop skein/lab httpd -f -p 80 -h /www >/dev/null
  one run -d --name box --network appnet skein/lab httpd -f -p 80 -h /www >/dev/null
  expect "Hello from a container on a Skein overlay network." one run --rm --network appnet skein/lab timeout 5 wget -qO- http://web/
  for name in web shop web.appnet WEB; do expect "Hello" one exec box timeout 5 wget -qO- "http://$name/"; done
  expect "Hello" two exec web timeout 5 wget -qO- http://box/
  expect "0% packet loss" one exec box ping -c 2 -W 2 web
  expect "0% packet loss" one exec box ping -c 2 -W 2 -s 1400 web
  expect "box.appnet" two exec web nslookup "$(one exec box hostname -i | tr -d '\r\n')"
  expect_error "NXDOMAIN" one exec box nslookup nosuch
  one network create -d overlay --attachable other >/dev/null
  one network connect other box
  counters=$(on host-1 curl -s --max-time 30 --unix-socket /run/skein/skein.sock 'http://d/v1.41/containers/box/stats?stream=false' |
    jq -c '[.networks.eth0.rx_bytes > 1400, .networks.eth0.tx_packets > 0, .networks.eth1.tx_bytes >= 0]')
  [ "$counters" = '[true,true,true]' ] || fail "stats of a container on two networks: $counters"
  if one stats --no-stream box | finds ' 0B / 0B .* 0B / 0B '; then fail "no network I/O in stats"; fi
  expect_error "" one run --rm --network other skein/lab timeout 5 wget -qO- "http://$(two exec web hostname -i | tr -d '\r\n')/"

  echo "-- $cli: killed daemons lose neither packets nor containers"
  on host-1 "$cli" exec box ping -c 60 -i 0.1 web >"/tmp/$lab.ping" 2>&1 &
  ping=$!
  for host in host-2 host-1; do
    skein lab kill "$lab" "$host" >/dev/null
    skein lab start "$lab" "$host" >/dev/null
  done
  # The stream of exec ends with the daemon; what the container does goes on. Asked anew, nothing was lost.
  wait "$ping" || true
  expect "0% packet loss" one exec box ping -c 5 -i 0.2 -W 2 web
  within 20 two exec web timeout 5 wget -qO- http://box/
  expect "Ready" one node ls

  echo "-- $cli: removed names are gone, removed hosts leave nothing"
  two rm -f web >/dev/null
  within 20 on host-1 sh -c "! $cli exec box nslookup web"
  one rm -f box >/dev/null
  within 20 one network rm appnet
  expect "Node left the swarm." two swarm leave
  expect "Node left the swarm." one swarm leave --force
  rm -f "/tmp/$lab.ping"
done
echo "-- both hosts forgot the swarm"
for host in host-1 host-2; do
  if on "$host" sh -c 'ls -A /var/lib/skein/swarm 2>/dev/null' | grep .; then fail "$host kept its swarm"; fi
done
echo "-- the port of the tunnels is free for the next swarm, and taken again by it"
for host in host-1 host-2; do
  if on "$host" ip link show skein-vxlan >/dev/null 2>&1; then fail "$host kept its idle vxlan device"; fi
done
expect "Swarm initialized" one swarm init --advertise-addr 192.168.1.11
on host-1 ip -d link show skein-vxlan | finds 'dstport 4789' || fail "nobody holds the port"
