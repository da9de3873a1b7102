# shellcheck shell=bash
# The same on real Docker: two engines on the lab's clients, a swarm of their own, a container on each. Needs lib.sh.

docker_on() {
  local machine=$1
  shift
  on "$machine" -- docker -H unix:///run/docker.sock "$@"
}

docker_start() {
  local machine=$1 name=$2
  docker_on "$machine" run -d --name "$name" --network appnet box sleep 3600 >/dev/null
  docker_on "$machine" inspect -f '{{.NetworkSettings.Networks.appnet.IPAddress}}' "$name" >"$work/$name.address"
  echo "/proc/$(docker_on "$machine" inspect -f '{{.State.Pid}}' "$name")/ns/net" >"$work/$name.netns"
}

# docker_engines MACHINE…: real Docker on these, each with an image "box". Fails when Docker is not installed.
docker_engines() {
  local machine
  command -v dockerd >/dev/null && command -v docker >/dev/null || return 1
  for machine in "$@"; do
    "$root/tools/docker_engine" "$lab" "$machine" >"$work/$machine.log" 2>&1 &
    background+=($!)
  done
  for machine in "$@"; do
    until grep -q '^ready$' "$work/$machine.log"; do
      jobs -r | grep -q docker_engine || { cat "$work/$machine.log" >&2; exit 1; }
      read -rt 0.2 <> <(:) || true
    done
  done
}

# Fails when Docker is not installed.
docker_up() {
  local token
  docker_engines client-1 client-2 || return 1
  docker_on client-1 swarm init --advertise-addr 192.168.1.101 >/dev/null
  token=$(docker_on client-1 swarm join-token -q worker)
  docker_on client-2 swarm join --token "$token" --advertise-addr 192.168.1.102 192.168.1.101:2377 >/dev/null
  docker_on client-1 network create -d overlay --attachable appnet >/dev/null
  docker_start client-1 docker-client
  docker_start client-2 docker-server
}
