# shellcheck shell=bash
# A real dockerd beside Skein: two hosts of a lab, and dockerd in a client of it. Sourced; `begin` first.
set -euo pipefail
lab="d$$"
if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
  echo "SKIPPED: no dockerd here (Debian: apt-get install docker.io)"
  exit 0
fi

fail() {
  echo "FAILED: $*" >&2
  for host in host-1 host-2; do tail -n 20 "/run/skein-lab/$lab/$host/skeind.log" >&2 2>/dev/null || true; done
  # Without what it misses on every kernel that has no IPVS.
  on client-1 -- grep -E 'level=(warn|error|fatal)' /var/tmp/dockerd.log 2>/dev/null |
    grep -v 'kernel parameter' | tail -n 20 >&2 || true
  exit 1
}
on() { timeout 60 skein lab exec "$lab" "$@"; }
one() { on host-1 -- skein "$@"; }
two() { on host-2 -- skein "$@"; }
dk() { on client-1 -- docker -H unix:///run/docker.sock "$@"; }
expect() {
  local wanted=$1 output
  shift
  output=$("$@" 2>&1) || fail "$* failed: $output"
  [[ $output = *"$wanted"* ]] || fail "$* said: $output; wanted: $wanted"
}
expect_error() {
  local wanted=$1 output
  shift
  if output=$("$@" 2>&1); then fail "accepted: $*"; fi
  [[ $output = *"$wanted"* ]] || fail "$* said: $output; wanted: $wanted"
}
# Until the command succeeds, at most about 40 s.
eventually() {
  for _ in $(seq 200); do
    if "$@" >/dev/null 2>&1; then return; fi
    read -rt 0.2 <> <(:) || true
  done
  fail "never: $*"
}
says() {
  local wanted=$1 output
  shift
  output=$("$@" 2>&1) || true
  [[ $output = *"$wanted"* ]]
}

# ---- the Docker Engine: everything of it is in the machine's own /run and /var/tmp, and goes with the machine
start_dockerd() {
  on client-1 -- bash -c 'setsid dockerd --debug --host unix:///run/docker.sock --data-root /var/tmp/docker \
    --exec-root /run/docker --pidfile /run/docker.pid >>/var/tmp/dockerd.log 2>&1 </dev/null &'
  eventually dk version
}
# With it go its containerd and, as it stops the containers, their shims.
stop_dockerd() {
  # shellcheck disable=SC2016  # expanded over there
  on client-1 -- bash -c 'pid=$(cat /run/docker.pid) && kill "$pid" && while [ -e "/proc/$pid" ]; do sleep 0.1; done'
}
nothing_of_docker_runs() { on client-1 -- bash -c '! pgrep "dockerd|containerd"'; }
# Heartbeats of its session that the manager has accepted.
heartbeats() { on client-1 -- grep -c 'msg="heartbeat successful' /var/tmp/dockerd.log; }
has_beaten() { [ "$(heartbeats)" -ge "$1" ]; }
certificate() { on client-1 -- sha256sum /var/tmp/docker/swarm/certificates/swarm-node.crt; }
has_new_certificate() { [ "$(certificate)" != "$1" ]; }
import_image() {
  local root
  root=$(mktemp -d)
  mkdir "$root"/{bin,etc,proc,sys,dev,www}
  for applet in $(busybox --list); do ln -sf busybox "$root/bin/$applet"; done
  cp --remove-destination "$(command -v busybox)" "$root/bin/busybox"
  echo "Hello from a Docker Engine." >"$root/www/index.html"
  tar -C "$root" -cf - . | on client-1 -- docker -H unix:///run/docker.sock import - dkimg >/dev/null
  rm -rf "$root"
  dk tag dkimg skein/lab # under the name that the hosts of Skein know
}

trap 'skein lab down "$lab" >/dev/null 2>&1 || true' EXIT

begin() {
  skein lab up --name "$lab" --hosts 2 --clients 1 >/dev/null
  start_dockerd
  import_image
}

docker_node() { one node ls | grep client-1; }
is_node() { says "$1 " docker_node; }
