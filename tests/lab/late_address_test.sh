#!/bin/bash
# Daemons start before the network is up, and while others have their ports for a moment. A node waits for what it needs,
# says so in `info`, and is what it was as soon as it can be, without anybody's help. Its containers' packets flow meanwhile.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"

state() { on "$1" skein info --format '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}} {{.Swarm.Error}}'; }
# says HOST PATTERN
says() {
  # shellcheck disable=SC2053
  [[ $(state "$1") = $2 ]]
}
all_ready() { are_ready 2; }

make_lab 2
echo "-- a manager on an address of its own, and a worker"
on host-1 ip link add name late type veth peer name late-peer
on host-1 ip link set late-peer up
on host-1 ip address add 192.168.7.1/24 dev late
on host-1 ip link set late up
on host-2 ip route add 192.168.7.0/24 via 192.168.1.11
on host-1 skein swarm init --advertise-addr 192.168.7.1 --listen-addr 192.168.7.1 --data-path-addr 192.168.1.11 >/dev/null
token=$(on host-1 skein swarm join-token -q worker)
on host-2 skein swarm join --token "$token" 192.168.7.1:2377 >/dev/null
on host-1 skein network create --driver overlay --attachable appnet >/dev/null
start_container host-1 c1
start_container host-2 c2
reaches() { inside "$1" ping -c 1 -W 1 "$(address "$2")"; }
within 10 reaches c1 c2

echo "-- the address is not there when the daemon starts"
skein lab kill "$lab" host-1
on host-1 ip address del 192.168.7.1/24 dev late
skein lab start "$lab" host-1
within 10 says host-1 'pending false *192.168.7.1:2377*no interface of this host has the address*'
expect_error "Manager is being prepared or has trouble connecting to the cluster" one node ls
expect_error "This node is already part of a swarm" one swarm init
expect_error "--force" one swarm leave
reaches c1 c2 || fail "packets do not flow while the manager waits for its address"
on host-1 ip address add 192.168.7.1/24 dev late
within 10 says host-1 'active true '
within 30 all_ready

echo "-- the managers' port is taken for a moment"
skein lab kill "$lab" host-1
taken host-1 tcp 2377
skein lab start "$lab" host-1
within 10 says host-1 'pending false *2377*in use*'
freed host-1 2377
within 30 says host-1 'active true '
within 30 all_ready

echo "-- the gossip port of a worker is taken for a moment"
skein lab kill "$lab" host-2
taken host-2 udp 7946
skein lab start "$lab" host-2
within 20 says host-2 'active false *7946*taken by another process*'
freed host-2 7946
within 30 says host-2 'active false '
within 20 resolves c1 c2

echo "-- a reboot takes the address, too; the node can be told to give up"
skein lab reboot "$lab" host-1
within 10 says host-1 'pending false *'
one swarm leave --force >/dev/null
says host-1 'inactive false ' || fail "after leaving: $(state host-1)"
one swarm init --advertise-addr 192.168.1.11 >/dev/null
says host-1 'active true ' || fail "after a new init: $(state host-1)"
