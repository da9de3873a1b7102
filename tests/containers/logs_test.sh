#!/bin/bash
# Logs as Docker's users know them: rotated where that is asked for, followed without loss, with times, tails and halves of
# lines. Docker's client against a real Podman. Needs root; everything lives in private mounts and a folder that is removed.
# Usage: logs_test.sh [path of container_api_daemon]
# shellcheck source=tests/containers/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
command -v docker >/dev/null || { echo "SKIPPED: there is no docker client"; exit 0; }
enter container_api_daemon "$@"
socket=/run/skein/skein.sock
export DOCKER_HOST=unix://$socket

# until_true COMMAND…: it succeeds
until_true() { for _ in $(seq 300); do "$@" && return; pause; done; echo "never: $*"; return 1; }
has_line() { [ "$(docker logs "$1" 2>&1 | grep -c "$2")" != 0 ]; }
files_of() { find "$folder/state/containers/storage/overlay-containers/$(docker inspect -f '{{.Id}}' "$1")/userdata" -name 'ctr.log*'; }
bytes_of() { files_of "$1" | xargs cat | wc -c; }
# Are they numbers one after the other, up to the first argument?
follow_each_other() { python3 -c 'import sys
numbers = [int(line) for line in sys.stdin]
is_good = bool(numbers) and numbers == list(range(numbers[0], int(sys.argv[1]) + 1))
print("yes" if is_good else f"no: {len(numbers)} from {numbers[:3]} to {numbers[-3:]}")' "$1"; }
# How many lines with times there are, and how many times.
moments() { python3 -c 'import re, sys
found = re.findall(rb"20[0-9-]{8}T[0-9:.]{18}Z ", sys.stdin.buffer.read())
print(len(found), len(set(found)))'; }
count_to='i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); echo $i; done'

rotation() {
  docker run -d --name rotated --log-opt max-size=10k --log-opt max-file=3 busybox sh -c "until [ -e /go ]; do sleep 0.1; done; $count_to; echo over >&2; sleep 1000" >/dev/null
  docker logs -f rotated >"$folder/followed" 2>/dev/null & local follower=$!
  docker exec rotated sh -c '>/go'
  until_true has_line rotated over
  small() { [ "$(bytes_of rotated)" -le 30720 ]; }
  expect "a rotated log is as large as was asked for" 0 "$(until_true small; echo $?)"
  local lines
  lines=$(docker logs rotated 2>/dev/null | wc -l)
  expect "it keeps more than one file has" 'yes' "$([ "$lines" -ge 190 ] && echo yes || echo "$lines lines")"
  expect "and all that is newest" 'yes' "$(docker logs rotated 2>/dev/null | follow_each_other 3000)"
  expect "tails go over all files" "$(seq 2801 3000)" "$(docker logs --tail 201 rotated 2>/dev/null)"
  expect "who follows goes on" 'yes' "$(docker exec rotated sh -c 'kill -0 1' && echo yes)"
  docker kill rotated >/dev/null
  wait $follower
  expect "with each line once" "$(seq 3000 | sha256sum)" "$(sha256sum <"$folder/followed")"
  expect "one file is emptied" 'yes' "$(docker run --name single --log-opt max-size=10k busybox sh -c "$count_to" >/dev/null; docker logs single | follow_each_other 3000)"
  docker restart -t 0 single >/dev/null
  docker wait single >/dev/null
  docker rm -f rotated single >/dev/null
  expect "nothing stays of it" '' "$(find "$folder/state/containers/storage/overlay-containers" -name 'ctr.log*')"
}

without_daemon() {
  docker run -d --name alone --log-opt max-size=10k --log-opt max-file=2 busybox sh -c "until [ -e /go ]; do sleep 0.1; done; $count_to; >/over; sleep 1000" >/dev/null
  docker exec alone sh -c '>/go'
  kill_daemon
  start_daemon
  echo "$pid" >"$folder/pid"
  until_true docker exec alone ls /over >/dev/null 2>&1
  small() { [ "$(bytes_of alone)" -le 20480 ]; }
  expect "the next daemon goes on" 0 "$(until_true small; echo $?)"
  expect "with the newest" 'yes' "$(docker logs alone | follow_each_other 3000)"
  docker rm -f alone >/dev/null
}

shown() {
  docker run --name halves busybox sh -c 'printf one; sleep 0.2; echo " line"; echo two; printf "no end"' >/dev/null
  expect "a line that was written in two is one" $'one line\ntwo\nno end' "$(docker logs halves)"
  expect "the last one without an end counts" $'two\nno end' "$(docker logs --tail 2 halves)"
  expect "with times in nanoseconds" '3' "$(docker logs -t halves | grep -cE '^20[0-9]{2}-[0-9-]{5}T[0-9:]{8}\.[0-9]{9}Z (one line|two|no end)$')"
  local second
  docker run -d --name steps busybox sh -c 'echo one; until [ -e /go ]; do sleep 0.1; done; echo two; sleep 1000' >/dev/null
  until_true has_line steps one
  second=$(date +%s.%N)
  docker exec steps sh -c '>/go'
  until_true has_line steps two
  expect "since" 'two' "$(docker logs --since "$second" steps)"
  expect "until" 'one' "$(docker logs --until "$second" steps)"
  expect "followed until a time" 'one' "$(timeout 20 docker logs -f --until "$second" steps)"
  expect "no lines are followed, too" '' "$(timeout 1 docker logs -f --tail 0 steps)"
  docker kill steps >/dev/null
  expect "what has ended is not followed for ever" $'one\ntwo' "$(timeout 20 docker logs -f steps)"
  expect "a terminal's" $'said\r' "$(docker run -t --name term busybox echo said >/dev/null; docker logs term)"
  expect "a long line comes in parts" '40001' "$(docker run --name long busybox sh -c 'head -c 40000 /dev/zero; echo' >/dev/null; docker logs long | wc -c)"
  expect "which have one time" '3 1' "$(docker logs -t long | moments)"
  expect "two streams" $'err\nout' "$(docker run --name both busybox sh -c 'echo out; echo err >&2' >/dev/null 2>&1; docker logs both 2>&1 | sort)"
  docker run --name chosen --label tier='front end' --label odd=1 -e MODE=a,b --log-opt labels=tier,nosuch --log-opt env=MODE busybox echo said >/dev/null
  expect "what log options choose" 'MODE=a%2Cb,tier=front+end said' "$(docker logs --details chosen)"
  expect "after the time" '20*Z MODE=a%2Cb,tier=front+end said' "$(docker logs -t --details chosen)"
  expect "or nothing" ' said' "$(docker run --name plain --label tier=x busybox echo said >/dev/null; docker logs --details plain)"
  docker rm -f halves steps term long both chosen plain >/dev/null
}

make_image
start_daemon
docker load -q -i "$folder/image.tar" >/dev/null
shown
rotation
without_daemon
[ $failures = 0 ] || { echo "--- daemon"; tail -40 "$folder/daemon.log"; }
exit $((failures > 0))
