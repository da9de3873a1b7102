#!/bin/bash
# What is wrong gets Docker's words, exit status and HTTP status, from our command line and from Docker's; it is answered
# within seconds, and what was there before goes on working.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/errors.sh
source "$SKEIN_ROOT/tests/lab/tools/errors.sh"
make_lab 2

no_swarm='This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
on_worker="This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager."
twice='This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.'
bad_advertise='advertise address must be a non-zero IP address or network interface (with optional port number)'
overlap='Pool overlaps with other one on this address space'

is_inactive() { [ "$(on "$1" "$cli" info --format '{{.Swarm.LocalNodeState}}')" = inactive ] || fail "$1 is in a swarm"; }
has_no_state() { if on "$1" test -e /var/lib/skein/swarm; then fail "$1 kept state of a swarm"; fi; }
# swiftly SECONDS COMMAND…: does not take longer.
swiftly() {
  local begun=$SECONDS limit=$1
  shift
  "$@"
  [ $((SECONDS - begun)) -le "$limit" ] || fail "took $((SECONDS - begun)) s: $*"
}
# Lets through, or drops, what comes to a host on port 2377 or 7946: firewall HOST [RULE].
firewall() {
  on "$1" nft -f /dev/stdin <<NFT
table inet closed
delete table inet closed
table inet closed {
  chain input {
    type filter hook input priority -200
    ${2:-}
  }
}
NFT
}
service_verbs_say() { # HOST-COMMAND TEXT
  refused 1 "$2" "$1" service ls
  refused 1 "$2" "$1" service create --name s skein/lab
  refused 1 "$2" "$1" service ps s
  refused 1 "$2" "$1" service inspect s
  refused 1 "$2" "$1" service rm s
  refused 1 "$2" "$1" service update s
  refused 1 "$2" "$1" service rollback s
  refused 1 "$2" "$1" service logs s
  expect_error "s: Error response from daemon: $2" "$1" service scale s=2
}

outside_a_swarm() {
  refused 1 "$no_swarm" one node ls
  refused 1 "$no_swarm" one node inspect host-1
  refused 1 "$no_swarm" one network create --driver overlay --attachable appnet
  refused 1 "$no_swarm" one swarm join-token worker
  refused 1 "This node is not part of a swarm" one swarm leave
  refused 1 "$bad_advertise" one swarm init --advertise-addr nosuch0
  refused 1 "$bad_advertise" one swarm init --advertise-addr 192.168.1.1x
  service_verbs_say one "$no_swarm"
  answered 503 "$no_swarm" host-1 GET /nodes
  answered 503 "$no_swarm" host-1 POST /services/create '{}'
  answered 500 "$no_swarm" host-1 POST /networks/create '{"Name":"appnet","Driver":"overlay"}'
  answered 503 "This node is not part of a swarm" host-1 POST /swarm/leave
  answered 400 "$bad_advertise" host-1 POST /swarm/init '{"AdvertiseAddr":"nosuch0"}'
  expect_error "'$cli swarm join' requires 1 argument" one swarm join --token x
  refused 125 "network nosuch not found" one run --rm --network nosuch skein/lab true
}

taken_ports() {
  local port
  for port in "tcp 2377" "tcp 7946" "udp 7946" "udp 4789"; do
    local purpose="gossip between the hosts"
    [ "$port" = "tcp 2377" ] && purpose="cluster management"
    [ "$port" = "udp 4789" ] && purpose="VXLAN traffic between the hosts"
    # shellcheck disable=SC2086
    set -- $port
    local wanted="${1^^} port $2 ($purpose) is taken by another program on this host; stop it (\`ss -lnp\` shows it) and try again"
    hold_port host-2 "$1" "$2"
    refused 1 "$wanted" two swarm init --advertise-addr 192.168.1.12
    # A worker does not listen on 2377, and hears of the swarm's data path port, which need not be 4789, only later.
    if [ "$2" = 7946 ]; then refused 1 "$wanted" two swarm join --token "$token" 192.168.1.11:2377; fi
    release_port
    is_inactive host-2
    has_no_state host-2
  done
}

joining() {
  expect "is now a manager" one swarm init --advertise-addr 192.168.1.11
  refused 1 "$twice" one swarm init --advertise-addr 192.168.1.11
  answered 503 "$twice" host-1 POST /swarm/init '{"AdvertiseAddr":"192.168.1.11"}'
  token=$(one swarm join-token -q worker)
  refused 1 "$twice" one swarm join --token "$token" 192.168.1.11:2377
  answered 503 "$twice" host-1 POST /swarm/join '{"RemoteAddrs":["192.168.1.11:2377"],"JoinToken":"x"}'

  refused 1 "invalid join token" two swarm join --token SWMTKN-1-garbage 192.168.1.11:2377
  answered 500 "invalid join token" host-2 POST /swarm/join '{"RemoteAddrs":["192.168.1.11:2377"],"JoinToken":"SWMTKN-1-garbage"}'
  local no_token='rpc error: code = InvalidArgument desc = A valid join token is necessary to join this cluster'
  local wrong_secret="${token%?????}00000"
  swiftly 5 refused 1 "$no_token" two swarm join --token "$wrong_secret" 192.168.1.11:2377
  answered 400 "$no_token" host-2 POST /swarm/join '{"RemoteAddrs":["192.168.1.11:2377"],"JoinToken":"'"$wrong_secret"'"}'
  local wrong_digest="${token:0:9}1234567890${token:19}"
  expect_error "remote CA does not match fingerprint. Expected: " two swarm join --token "$wrong_digest" 192.168.1.11:2377
  [[ $(api host-2 POST /swarm/join '{"RemoteAddrs":["192.168.1.11:2377"],"JoinToken":"'"$wrong_digest"'"}') = *"remote CA does not match fingerprint. Expected: "*500 ]] || fail "wrong digest"
  is_inactive host-2
  has_no_state host-2

  local check="check the address, that the manager runs, and that TCP port 2377 is open between the hosts"
  swiftly 10 refused 1 "cannot reach the manager at 192.168.1.77:2377: dial tcp 192.168.1.77:2377: No route to host; $check" two swarm join --token "$token" 192.168.1.77:2377
  swiftly 10 refused 1 "cannot reach the manager at 192.168.1.11:2399: dial tcp 192.168.1.11:2399: Connection refused; ${check/2377/2399}" two swarm join --token "$token" 192.168.1.11:2399
  firewall host-1 "tcp dport 2377 ip saddr 192.168.1.12 drop"
  swiftly 10 refused 1 "cannot reach the manager at 192.168.1.11:2377: dial tcp 192.168.1.11:2377: no answer in time; $check" two swarm join --token "$token" 192.168.1.11:2377
  is_inactive host-2
  has_no_state host-2
  taken_ports

  # With gossip blocked a host joins, and `info` tells why its containers find nobody.
  firewall host-1 "meta l4proto {tcp, udp} th dport 7946 drop"
  expect "This node joined a swarm as a worker." two swarm join --token "$token" 192.168.1.11:2377
  expect "Error: no gossip with 192.168.1.11; open TCP and UDP port 7946 between the hosts" two info
  firewall host-1
  within 20 on host-2 sh -c "! $cli info | grep 'no gossip with'"
  expect "Node left the swarm." two swarm leave

  local rotated=$token
  token=$(one swarm join-token -q --rotate worker)
  [ "$token" != "$rotated" ] || fail "the token was not rotated"
  refused 1 "$no_token" two swarm join --token "$rotated" 192.168.1.11:2377
  expect "This node joined a swarm as a worker." two swarm join --token "$token" 192.168.1.11:2377
  refused 1 "$twice" two swarm join --token "$token" 192.168.1.11:2377
  refused 1 "$twice" two swarm init --advertise-addr 192.168.1.12
}

as_a_worker() {
  refused 1 "$on_worker" two node ls
  refused 1 "$on_worker" two swarm join-token worker
  refused 1 "Cannot create a multi-host network from a worker node. Please create the network from a manager node." two network create -d overlay --attachable wnet
  service_verbs_say two "$on_worker"
  answered 503 "$on_worker" host-2 GET /nodes
  answered 503 "$on_worker" host-2 POST /services/create '{}'
  answered 403 "Cannot create a multi-host network from a worker node. Please create the network from a manager node." host-2 POST /networks/create '{"Name":"wnet","Driver":"overlay"}'
}

services_and_nodes() {
  local worker
  worker=$(two info --format '{{.Swarm.NodeID}}' | tr -d '\r')
  expect "REPLICAS" one service ls
  answered 400 "mismatched Runtime and *Spec fields" host-1 POST /services/create '{"Name":"s"}'
  answered 400 "invalid JSON: json: cannot unmarshal number into Go struct field ServiceSpec.Name of type string" host-1 POST /services/create '{"name":5}'
  answered 400 "invalid JSON: invalid character 'b' looking for beginning of object key string" host-1 POST /services/create '{bad'
  answered 400 "unexpected content after JSON" host-1 POST /services/create '{} {}'
  expect_error "no such service: nosuch" one service ps nosuch
  expect_error "Error: no such service: nosuch" one service inspect nosuch
  refused 1 "service nosuch not found" one service rm nosuch
  refused 1 "service nosuch not found" one service update nosuch
  refused 1 "service nosuch not found" one service rollback nosuch
  expect_error "nosuch: Error response from daemon: service nosuch not found" one service scale nosuch=2
  answered 404 "service nosuch not found" host-1 DELETE /services/nosuch
  refused 1 "node nosuch not found" one node update --availability drain nosuch
  refused 1 "rpc error: code = FailedPrecondition desc = node <id> is not down and can't be removed" one node rm "$worker"
  refused 1 "rpc error: code = FailedPrecondition desc = attempting to demote the last manager of the swarm" one node demote host-1
  answered 404 "node nosuch not found" host-1 GET /nodes/nosuch
  answered 400 "rpc error: code = FailedPrecondition desc = node <id> is not down and can't be removed" host-1 DELETE "/nodes/$worker"
  refused 1 "rpc error: code = InvalidArgument desc = minimum certificate expiry time is: 1h0m0s" one swarm update --cert-expiry 1m
}

networks() {
  one network create --driver overlay --attachable appnet >/dev/null
  one network create --driver overlay privnet >/dev/null
  one network create --subnet 10.60.0.0/24 local1 >/dev/null
  refused 1 "network with name appnet already exists" one network create -d overlay appnet
  answered 409 "network with name appnet already exists" host-1 POST /networks/create '{"Name":"appnet","Driver":"overlay"}'
  refused 1 "network with name local1 already exists" one network create local1
  refused 1 "$overlap: 10.0.1.0/25 overlaps with 10.0.1.0/24 of network appnet; choose another --subnet" one network create -d overlay --subnet 10.0.1.0/25 n2
  expect_error "$overlap: 192.168.1.0/24 overlaps with 192.168.1.1" one network create -d overlay --subnet 192.168.1.0/24 n3
  refused 1 "$overlap: 10.60.0.0/16 overlaps with 10.60.0.0/24 of network local1; choose another --subnet" one network create --subnet 10.60.0.0/16 local2
  answered 403 "$overlap: 10.60.0.0/16 overlaps with 10.60.0.0/24 of network local1; choose another --subnet" host-1 POST /networks/create '{"Name":"local2","IPAM":{"Config":[{"Subnet":"10.60.0.0/16"}]}}'
  refused 1 "Invalid subnet 10.50.0.0/33 : invalid CIDR address: 10.50.0.0/33" one network create -d overlay --subnet 10.50.0.0/33 n4
  answered 500 "Invalid subnet 10.50.0.0/33 : invalid CIDR address: 10.50.0.0/33" host-1 POST /networks/create '{"Name":"n4","Driver":"overlay","IPAM":{"Config":[{"Subnet":"10.50.0.0/33"}]}}'
  refused 1 "Invalid subnet 10.50.0.0/31: it has no room for a gateway and an endpoint; make it /30 or larger" one network create -d overlay --subnet 10.50.0.0/31 n5
  refused 1 "IPv6 inside networks is not supported yet; leave the subnet fd00::/64 out" one network create -d overlay --subnet fd00::/64 n6
  refused 1 "network nosuch not found" one network rm nosuch
  refused 1 "network nosuch not found" one network inspect nosuch
  answered 404 "network nosuch not found" host-1 DELETE /networks/nosuch

  one run -d --name idle skein/lab sleep 1000 >/dev/null
  local side not_attachable="Could not attach to network privnet: rpc error: code = PermissionDenied desc = network privnet not manually attachable"
  local not_found="Could not attach to network nosuch: rpc error: code = NotFound desc = network nosuch not found"
  for side in one two; do
    refused 125 "$not_attachable" $side run --rm --network privnet skein/lab true
    refused 125 "$not_found" $side run --rm --network nosuch skein/lab true
    [ -z "$($side ps -aq --filter status=created)" ] || fail "run --rm left a container"
  done
  refused 1 "$not_attachable" one network connect privnet idle
  answered 500 "$not_attachable" host-1 POST /networks/privnet/connect '{"Container":"idle"}'
  refused 1 "$not_found" one network connect nosuch idle
  refused 1 "No such container: nosuch" one network connect appnet nosuch
  # Without --rm the container stays, as Docker's does.
  refused 125 "$not_found" one run --network nosuch --name ghost skein/lab true
  one rm ghost >/dev/null

  # In use from another host, and by a container of this host.
  two run -d --name web --network appnet skein/lab httpd -f -p 80 -h /www >/dev/null
  refused 1 "rpc error: code = FailedPrecondition desc = network <id> is in use by task <id>" one network rm appnet
  answered 400 "rpc error: code = FailedPrecondition desc = network <id> is in use by task <id>" host-1 DELETE /networks/appnet
  one network connect local1 idle
  refused 1 "error while removing network: network local1 id <id> has active endpoints: idle" one network rm local1
  answered 403 "error while removing network: network local1 id <id> has active endpoints: idle" host-1 DELETE /networks/local1
}

containers() {
  refused 125 'Conflict. The container name "/idle" is already in use by container "<id>". You have to remove (or rename) that container to be able to reuse that name.' one run -d --name idle skein/lab true
  expect_error "Unable to find image 'nosuch:latest' locally" one run --rm nosuch true
  answered 404 "No such image: nosuch:latest" host-1 POST /containers/create '{"Image":"nosuch"}'
  refused 1 "No such container: nosuch" one start nosuch
  refused 1 "No such container: nosuch" one stats --no-stream nosuch
  local failed='failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: '
  refused 127 "$failed"'"nosuch": executable file not found in $PATH: unknown' one run --rm skein/lab nosuch
  refused 126 "$failed"'"/etc": permission denied: unknown' one run --rm skein/lab /etc
}

exhausted() {
  # Of the eight addresses of a /29, two have a meaning of their own, one is the gateway's, and each host may take one.
  one network create -d overlay --attachable --subnet 10.90.0.0/29 tiny >/dev/null
  local number=1 containers=()
  while one run -d --name "tiny$number" --network tiny skein/lab httpd -f -p 80 -h /www >/dev/null 2>&1; do
    containers+=("tiny$number")
    number=$((number + 1))
    [ $number -le 6 ] || fail "a /29 had room for $((number - 1)) containers"
  done
  [ ${#containers[@]} -ge 3 ] || fail "a /29 had room for ${#containers[@]} containers only"
  one rm "tiny$number" >/dev/null
  refused 125 "Could not attach to network tiny: rpc error: code = ResourceExhausted desc = no available IPv4 addresses on this network's address pools: tiny (<id>): no free address in 10.90.0.0/29; remove endpoints, or make the network anew with a larger --subnet" one run --rm --network tiny skein/lab true
  expect "Hello" one exec tiny1 timeout 5 wget -qO- "http://${containers[-1]}/"
  one rm -f "${containers[@]}" >/dev/null
  within 20 one network rm tiny
}

leaving() {
  one rm -f idle >/dev/null
  two rm -f web >/dev/null
  local last='You are attempting to leave the swarm on a node that is participating as a manager. Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message.'
  refused 1 "$last" one swarm leave
  answered 503 "$last" host-1 POST /swarm/leave
  expect "Node left the swarm." two swarm leave
  expect "Node left the swarm." one swarm leave --force
  one network rm local1 >/dev/null

  # The swarm's own pool: ingress takes one of two.
  expect "is now a manager" one swarm init --advertise-addr 192.168.1.11 --default-addr-pool 10.20.0.0/23 --default-addr-pool-mask-length 24
  one network create -d overlay --attachable last >/dev/null
  refused 1 "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network: each /24 of 10.20.0.0/23 is used by a network or a host; remove a network or give a --subnet" one network create -d overlay more
  expect "127.0.0.1" one run --rm --network last skein/lab cat /etc/hosts
  within 20 one network rm last
  one network create -d overlay more >/dev/null
  expect "Node left the swarm." one swarm leave --force
  is_inactive host-1
  is_inactive host-2
  has_no_state host-1
  has_no_state host-2
}

for cli in "${long_clis[@]}"; do
  for part in outside_a_swarm joining as_a_worker services_and_nodes networks containers exhausted leaving; do
    echo "-- $cli: $part"
    $part
  done
done
