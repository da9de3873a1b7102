#!/bin/bash
# Expected: `docker network create -d overlay` refuses a subnet that another network has.
# With the driver bridge the same daemon does: "Pool overlaps with other one on this address space".
# Happens: the command succeeds and prints an id.
# The network is listed, without a driver. It has no subnet, no gateway and no VXLAN number.
# A service on it keeps its task in the state New. The task's error is empty.
# Only the daemon's log on the manager names the overlap.
# Version: dockerd 20.10.24, the manager of a swarm of one node.
# Why it matters: what is wrong with the network shows at a service, later, as waiting without an end.
# A script cannot trust the exit code. It has to read the subnet back.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages docker.io=20.10.24+dfsg1-1+deb12u1+b6
alone
mount -t tmpfs tmpfs /run
ip link add wire0 type veth peer name wire1
ip addr add 10.77.0.1/24 dev wire0
ip link set wire0 up
ip link set wire1 up
export DOCKER_HOST=unix:///run/docker.sock
dockerd --data-root "$folder/data" --exec-root /run/docker --pidfile /run/docker.pid -H "$DOCKER_HOST" \
  >"$folder/log" 2>&1 & daemon=$!
trap 'kill "$daemon" && wait "$daemon" || true' EXIT
docker() { timeout 60 /usr/bin/docker "$@"; }
answers() { docker version >/dev/null 2>&1; }
within 30 answers
docker version --format 'dockerd {{.Server.Version}}'
docker swarm init --advertise-addr 10.77.0.1 >/dev/null

# shown NETWORK: its subnets, and the options among which its VXLAN number is
shown() { docker network inspect -f '{{json .IPAM.Config}} {{json .Options}}' "$1"; }
docker network create -d bridge --subnet 10.60.0.0/24 local1 >/dev/null
refusal=$(docker network create -d bridge --subnet 10.60.0.0/24 local2 2>&1) && fail "bridges may overlap"
echo "second bridge network: $refusal"
docker network create -d overlay --subnet 10.50.0.0/24 first >/dev/null
docker network create -d overlay --subnet 10.50.0.0/24 second >/dev/null || fail "the second overlay network is refused"
sleep 2
echo "first overlay network:  $(shown first)"
echo "second overlay network: $(shown second)"
docker service create -d --no-resolve-image --name waiting --network second image >/dev/null
docker service create -d --no-resolve-image --name served --network first image >/dev/null
task() { docker service ps --no-trunc --format '{{.CurrentState}}, error "{{.Error}}"' "$1" | sed -n 1p; }
is_assigned() { [[ $(task served) != New* ]]; }
within 20 is_assigned
sleep 3
served=$(task served) waiting=$(task waiting)
echo "a task on the first: $served; on the second: $waiting"

[[ $refusal = *"Pool overlaps"* ]] || fail "bridges are refused otherwise"
[[ $(shown first) = *10.50.0.0/24*vxlanid* ]] || fail "the first network has no subnet"
[ "$(shown second)" = "null null" ] || fail "the second network is allocated"
[[ $waiting = New*'error ""' ]] || fail "the task says something"
listed=$(docker network ls --filter name=second --format '{{.Name}},{{.Driver}},{{.Scope}}')
[ "$listed" = second,,swarm ] || fail "the second network is listed as $listed"
finds 'Failed allocation for network .*Pool overlaps' "$folder/log" || fail "the log does not tell"
echo "as the header says"
