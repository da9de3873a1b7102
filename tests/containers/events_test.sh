#!/bin/bash
# What happens to a container is told in Docker's order, and as soon as it happens. Docker's client against a real Podman.
# Needs root; everything lives in private mounts and a folder that is removed.
# Usage: events_test.sh [path of container_api_daemon]
# shellcheck source=tests/containers/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
command -v docker >/dev/null || { echo "SKIPPED: there is no docker client"; exit 0; }
enter container_api_daemon "$@"
socket=/run/skein/skein.sock
export DOCKER_HOST=unix://$socket

# told LAST COMMAND…: the events of what it does, on one line, once the last of them is there
told() {
  local last=$1 since events
  shift
  since=$(date +%s.%N)
  "$@" >"$folder/said" 2>&1
  for _ in $(seq 100); do
    events=$(docker events --since "$since" --until "$(date +%s.%N)" --format '{{.Type}} {{.Action}} {{.Actor.Attributes.signal}} {{.Actor.Attributes.exitCode}}')
    finds "^$last" <<<"$events" && break
    pause
  done
  sed 's/<no value>//g; s/container //; s/  */ /g; s/ $//' <<<"$events" | tr '\n' ',' | sed 's/,$//; s/,/, /g'
}

make_image
start_daemon
docker load -q -i "$folder/image.tar" >/dev/null
patient='trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'
is_ready() { for _ in $(seq 100); do finds ready <(docker logs "$1" 2>&1) && return; pause; done; }
expect "run with a volume" 'create, network connect, volume mount, start' "$(told 'container start' docker run -d --name web -v data:/data busybox sh -c "$patient" | sed 's/volume create, //; s/, volume create$//')"
is_ready web
expect "stop" 'kill 15, die 3, network disconnect, volume unmount, stop' "$(told 'container stop' docker stop web)"
expect "start" 'network connect, volume mount, start' "$(told 'container start' docker start web)"
is_ready web
expect "restart" 'kill 15, die 3, network disconnect, volume unmount, stop, network connect, volume mount, start, restart' "$(told 'container restart' docker restart web)"
is_ready web
expect "kill" 'kill 9, die 137, network disconnect, volume unmount' "$(told 'volume unmount' docker kill web)"
expect "restart of what does not run" 'network connect, volume mount, start, restart' "$(told 'container restart' docker restart web)"
is_ready web
expect "a signal" 'kill 1' "$(told 'container kill' docker kill -s HUP web)"
expect "top" 'top' "$(told 'container top' docker top web)"
expect "export" 'export' "$(told 'container export' docker export -o "$folder/exported.tar" web)"
expect "cp out" 'archive-path' "$(told 'container archive-path' docker cp -q web:/etc/passwd "$folder/copied")"
expect "cp in" 'extract-to-dir' "$(told 'container extract-to-dir' docker cp -q "$folder/copied" web:/tmp/copied)"
since=$(date +%s.%N)
api GET '/containers/web/archive?path=/nosuch' >/dev/null
api GET '/containers/nosuch/top' >/dev/null
expect "what fails is not told" '' "$(docker events --since "$since" --until "$(date +%s.%N)")"
expect "rm -f" 'kill 9, die 137, network disconnect, volume unmount, destroy' "$(told 'container destroy' docker rm -f web)"
docker run -dt --name screen busybox sleep 100 >/dev/null
since=$(date +%s.%N)
api POST '/containers/screen/resize?h=20&w=30' >/dev/null
expect "resize" 'resize 20 30 screen' "$(docker events --since "$since" --until "$(date +%s.%N)" --format '{{.Action}} {{.Actor.Attributes.height}} {{.Actor.Attributes.width}} {{.Actor.Attributes.name}}')"
docker rm -f screen >/dev/null
docker run -dit --name pad busybox cat >/dev/null
expect "keys that detach" 'attach, detach' "$(told 'container detach' python3 "$(dirname "$(readlink -f "$0")")/detach.py" "$socket" pad)"
expect "what a client sees then" 'read back: hi; then the end' "$(cat "$folder/said")"
expect "who is detached does not end it" 'true' "$(docker inspect -f '{{.State.Running}}' pad)"
expect "wrong keys" '*Invalid escape keys (nosuch) provided*400' "$(api POST '/containers/pad/attach?stream=1&stdin=1&detachKeys=nosuch')"
docker rm -f pad >/dev/null
docker run -d --name deaf busybox sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done' >/dev/null
is_ready deaf
expect "who does not hear is killed" 'kill 15, kill 9, die 137, network disconnect, stop' "$(told 'container stop' docker stop -t 1 deaf)"
expect "a short run" 'create, attach, network connect, start, die 4, network disconnect, destroy' "$(told 'container destroy' docker run --rm busybox sh -c 'exit 4')"
docker rm -f deaf >/dev/null
begun=$(date +%s)
docker run --name timed busybox sleep 1.2
expect "an end has its code and how long it took" '0 1' "$(docker events --since "$begun" --until "$(($(date +%s) + 1))" --filter event=die --filter container=timed --format '{{.Actor.Attributes.exitCode}} {{.Actor.Attributes.execDuration}}')"
docker rm timed >/dev/null
[ $failures = 0 ] || { echo "--- daemon"; tail -40 "$folder/daemon.log"; }
exit $((failures > 0))
