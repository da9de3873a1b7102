#!/bin/bash
# The main promise: two hosts form a swarm, and containers on them reach each other by name and address as if they were
# on one LAN, with our CLI and with Docker's, through the death of any daemon. What is wrong gets Docker's words.
set -euo pipefail
lab="s$$"

fail() {
  echo "FAILED: $*" >&2
  for host in host-1 host-2; do tail -n 20 "/run/skein-lab/$lab/$host/skeind.log" >&2 2>/dev/null || true; done
  exit 1
}
on() { timeout 60 skein lab exec "$lab" "$@"; }
one() { on host-1 -- "$cli" "$@"; }
two() { on host-2 -- "$cli" "$@"; }
expect() {
  local wanted=$1 output
  shift
  output=$("$@" 2>&1) || fail "$* failed: $output"
  [[ $output = *"$wanted"* ]] || fail "$* said: $output"
}
expect_error() {
  local wanted=$1 output
  shift
  if output=$("$@" 2>&1); then fail "accepted: $*"; fi
  [[ $output = *"$wanted"* ]] || fail "$* said: $output; wanted: $wanted"
}
# Until the command succeeds, at most 20 s.
eventually() {
  for _ in $(seq 100); do
    if "$@" >/dev/null 2>&1; then return; fi
    read -rt 0.2 <> <(:) || true
  done
  fail "never: $*"
}
trap 'skein lab down "$lab" >/dev/null 2>&1 || true' EXIT
skein lab up --name "$lab" --hosts 2 >/dev/null

clis=(skein)
if command -v docker >/dev/null; then clis+=(docker); else echo "-- no docker CLI here: its half is skipped"; fi

for cli in "${clis[@]}"; do
  echo "-- $cli: outside a swarm"
  no_swarm='This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
  expect_error "$no_swarm" one node ls
  expect_error "$no_swarm" one network create --driver overlay --attachable appnet
  expect_error "$no_swarm" one swarm join-token worker
  expect_error "This node is not part of a swarm" one swarm leave
  expect_error "advertise address must be a non-zero IP address or network interface (with optional port number)" one swarm init --advertise-addr nosuch0

  echo "-- $cli: init and join"
  expect "is now a manager" one swarm init --advertise-addr 192.168.1.11
  expect_error "This node is already part of a swarm." one swarm init --advertise-addr 192.168.1.11
  token=$(one swarm join-token -q worker)
  expect_error "invalid join token" two swarm join --token SWMTKN-1-garbage 192.168.1.11:2377
  wrong_secret="${token%?????}00000"
  expect_error "A valid join token is necessary to join this cluster" two swarm join --token "$wrong_secret" 192.168.1.11:2377
  wrong_digest="${token:0:9}1234567890${token:19}"
  expect_error "remote CA does not match fingerprint. Expected: " two swarm join --token "$wrong_digest" 192.168.1.11:2377
  expect_error "cannot reach the manager at 192.168.1.11:2399" two swarm join --token "$token" 192.168.1.11:2399
  expect_error "This node is not part of a swarm" two swarm leave
  expect "This node joined a swarm as a worker." two swarm join --token "$token" 192.168.1.11:2377
  expect_error "This node is already part of a swarm." two swarm join --token "$token" 192.168.1.11:2377
  nodes=$(one node ls)
  [ "$(grep -c 'Ready *Active' <<<"$nodes")" = 2 ] || fail "node ls: $nodes"
  grep -q 'host-1 .*Leader' <<<"$nodes" || fail "node ls: $nodes"

  echo "-- $cli: on a worker"
  expect_error "Worker nodes can't be used to view or modify cluster state." two node ls
  expect_error "Cannot create a multi-host network from a worker node." two network create -d overlay wnet

  echo "-- $cli: networks, and what is wrong with them"
  one network create --driver overlay --attachable appnet >/dev/null
  one network create --driver overlay privnet >/dev/null
  expect_error "network with name appnet already exists" one network create -d overlay appnet
  expect_error "Pool overlaps with other one on this address space" one network create -d overlay --subnet 10.0.1.0/25 n2
  expect_error "of host host-" one network create -d overlay --subnet 192.168.1.0/24 n3
  expect_error "invalid CIDR address: 10.50.0.0/33" one network create -d overlay --subnet 10.50.0.0/33 n4
  expect_error "network nosuch not found" one network rm nosuch
  for side in one two; do
    expect_error "Could not attach to network privnet: rpc error: code = PermissionDenied desc = network privnet not manually attachable" $side run --rm --network privnet skein/lab true
    expect_error "Could not attach to network nosuch: rpc error: code = NotFound desc = network nosuch not found" $side run --rm --network nosuch skein/lab true
  done
  expect_error "Could not attach to network nosuch" one run --network nosuch --name ghost skein/lab true
  one rm ghost >/dev/null

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
  expect_error "is in use by task" one network rm appnet
  one network create -d overlay --attachable other >/dev/null
  expect_error "" one run --rm --network other skein/lab timeout 5 wget -qO- "http://$(two exec web hostname -i | tr -d '\r\n')/"

  echo "-- $cli: killed daemons lose neither packets nor containers"
  on host-1 -- "$cli" exec box ping -c 60 -i 0.1 web >"/tmp/$lab.ping" 2>&1 &
  ping=$!
  for host in host-2 host-1; do
    skein lab kill "$lab" "$host" >/dev/null
    skein lab start "$lab" "$host" >/dev/null
  done
  # The stream of exec ends with the daemon; what the container does goes on. Asked anew, nothing was lost.
  wait "$ping" || true
  expect "0% packet loss" one exec box ping -c 5 -i 0.2 -W 2 web
  eventually two exec web timeout 5 wget -qO- http://box/
  expect "Ready" one node ls

  echo "-- $cli: removed names are gone, removed hosts leave nothing"
  two rm -f web >/dev/null
  eventually on host-1 -- sh -c "! $cli exec box nslookup web"
  one rm -f box >/dev/null
  eventually one network rm appnet
  expect "Node left the swarm." two swarm leave
  expect_error "Removing the last manager erases all current state of the swarm." one swarm leave
  expect "Node left the swarm." one swarm leave --force
  rm -f "/tmp/$lab.ping"
done
echo "-- both hosts forgot the swarm"
for host in host-1 host-2; do
  if on "$host" -- sh -c 'ls -A /var/lib/skein/swarm 2>/dev/null' | grep .; then fail "$host kept its swarm"; fi
done
echo "-- the port of the tunnels is free for the next swarm, and taken again by it"
for host in host-1 host-2; do
  if on "$host" -- ip link show skein-vxlan >/dev/null 2>&1; then fail "$host kept its idle vxlan device"; fi
done
expect "Swarm initialized" one swarm init --advertise-addr 192.168.1.11
on host-1 -- ip -d link show skein-vxlan | grep -q 'dstport 4789' || fail "nobody holds the port"
