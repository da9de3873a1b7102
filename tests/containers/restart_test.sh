#!/bin/bash
# Restart policies: who ends comes back after Docker's pauses, is shown as restarting meanwhile, and stays down when its
# user says so. A real Podman, which knows nothing of them. Needs root; everything lives in private mounts and a folder
# that is removed.
# Usage: restart_test.sh [path of container_api_daemon]
# shellcheck source=tests/containers/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
enter container_api_daemon "$@"
socket=/run/skein/skein.sock

# field NAME EXPRESSION: of a container's inspection, which Python calls c.
field() { api GET "/containers/$1/json" | python3 -c 'import json, sys
try: print(json.dumps(eval(sys.argv[1], {"c": json.loads(sys.stdin.readline())}), sort_keys=True))
except KeyError as missing: print("no", missing)' "$2"; }
# begin NAME POLICY COMMAND [CONFIG]: CONFIG is more of HostConfig.
begin() {
  api POST "/containers/create?name=$1" "{\"Image\":\"busybox\",\"Cmd\":[\"sh\",\"-c\",\"$3\"],\"StopTimeout\":0,\"HostConfig\":{\"NetworkMode\":\"appnet\",\"RestartPolicy\":$2${4:-}}}" >/dev/null
  api POST "/containers/$1/start" >/dev/null
}
update() { api POST "/containers/$1/update" "{\"RestartPolicy\":$2}"; }
gone() { api DELETE "/containers/$1?force=1" >/dev/null; }
status="c['State']['Status']"
# becomes NAME EXPRESSION: it is true within a minute
becomes() { for _ in $(seq 600); do [ "$(field "$1" "$2")" = true ] && break; pause; done; field "$1" "$2"; }
count="c['RestartCount']"
always='{"Name":"always"}' failing='{"Name":"on-failure","MaximumRetryCount":2}'

comes_back() {
  begin often "$failing" 'echo run; exit 3'
  expect "a failure is tried again, twice" 'true' "$(becomes often "$status == 'exited' and $count == 2")"
  expect "all runs are in its log" '3' "$(api GET '/containers/often/logs?stdout=1' | grep -ac run)"
  expect "the policy is shown as it was asked for" '{"MaximumRetryCount": 2, "Name": "on-failure"}' "$(field often "c['HostConfig']['RestartPolicy']")"
  expect "nothing of ours is shown" '0' "$(api GET /containers/often/json | grep -cF io.skein)"
  api POST /containers/often/start >/dev/null
  expect "a start counts anew" 'true' "$(becomes often "$status == 'exited' and $count == 2")"
  gone often
  begin well "$failing" 'exit 0'
  expect "no failure" 'true' "$(becomes well "$status == 'exited' and $count == 0")"
  gone well
}

# Long enough for a pause that lasts.
wait_long() { begin "$1" "$always" 'exit 3' && becomes "$1" "$status == 'restarting' and $count > ${2:-5}" >/dev/null; }

while_it_waits() {
  wait_long crash
  expect "it is restarting" '[[]"restarting", true, true, 0, 3]' "$(field crash "[c['State'][n] for n in ('Status', 'Running', 'Restarting', 'Pid', 'ExitCode')]")"
  expect "in the list" '*"State":"restarting","Status":"Restarting (3) * ago"*' "$(api GET '/containers/json?filters=%7B%22status%22:%5B%22restarting%22%5D%7D')"
  expect "an exec" '*Container * is restarting, wait until the container is running*409' "$(api POST /containers/crash/exec '{"Cmd":["true"]}')"
  expect "a removal" '*container is restarting: stop the container before removing or force remove*409' "$(api DELETE /containers/crash)"
  expect "a start" $'\n304' "$(api POST /containers/crash/start)"
  expect "a signal" $'\n204' "$(api POST '/containers/crash/kill?signal=HUP')"
  expect "a prune" '*"ContainersDeleted":null*' "$(api POST /containers/prune)"
  expect "nothing of that ends the wait" 'true' "$(becomes crash "$count > 6")"
  expect "a stop does" $'\n204' "$(api POST /containers/crash/stop)"
  expect "it has ended" '[[]"exited", false, false]' "$(field crash "[c['State'][n] for n in ('Status', 'Running', 'Restarting')]")"
  expect "a second stop" $'\n304' "$(api POST /containers/crash/stop)"
  gone crash
  wait_long killed
  expect "a kill does, too" $'\n204' "$(api POST /containers/killed/kill)"
  expect "and it stays so" '"exited"' "$(field killed "$status")"
  gone killed
  wait_long removed
  expect "a forced removal" $'\n204' "$(api DELETE '/containers/removed?force=1')"
  expect "and it is gone" '*No such container: removed*404' "$(api GET /containers/removed/json)"
}

updates() {
  begin up '{"Name":"no"}' 'sleep 1000'
  expect "an update" $'{"Warnings":null}\n\n200' "$(update up "$always")"
  expect "is shown" '{"MaximumRetryCount": 0, "Name": "always"}' "$(field up "c['HostConfig']['RestartPolicy']")"
  kill -9 "$(field up "c['State']['Pid']")"
  expect "and holds" 'true' "$(becomes up "$count == 1 and $status == 'running'")"
  expect "it has its address" '"10.0.1.*' "$(field up "c['NetworkSettings']['Networks']['appnet']['IPAddress']")"
  update up '{"Name":"no"}' >/dev/null
  kill -9 "$(field up "c['State']['Pid']")"
  expect "none, and it ends" 'true' "$(becomes up "$status == 'exited'")"
  gone up
  begin rm '{"Name":"no"}' 'sleep 1000' ',"AutoRemove":true'
  expect "none for --rm" '*Cannot update container *: Restart policy cannot be updated because AutoRemove is enabled for the container*409' "$(update rm "$always")"
  expect "an unknown one" $'{"message":"invalid restart policy \'odd\'"}\n\n400' "$(update rm '{"Name":"odd"}')"
  expect "too many tries" '*maximum retry count cannot be used with restart policy *400' "$(update rm '{"Name":"always","MaximumRetryCount":3}')"
  gone rm
}

new_daemon() { kill_daemon && start_daemon; }

over_daemons() {
  wait_long waiting 6
  begin stays '{"Name":"unless-stopped"}' 'sleep 1000'
  begin stopped '{"Name":"unless-stopped"}' 'sleep 1000'
  begin again "$always" 'sleep 1000'
  api POST /containers/stopped/stop >/dev/null
  api POST /containers/again/stop >/dev/null
  local process
  process=$(field stays "c['State']['Pid']")
  new_daemon
  expect "a daemon that dies in the wait starts it when it is back" 'true' "$(becomes waiting "$count > 0 and $count < 6")"
  expect "what runs is left alone" "[[]$process, 0]" "$(field stays "[c['State']['Pid'], $count]")"
  expect "a stop holds for unless-stopped" '"exited"' "$(field stopped "$status")"
  expect "and until now for always" 'true' "$(becomes again "$status == 'running'")"
  update stays '{"Name":"no"}' >/dev/null
  new_daemon
  expect "an update outlives the daemon" '"no"' "$(field stays "c['HostConfig']['RestartPolicy']['Name']")"
  for name in waiting stays stopped again; do gone $name; done
  expect "nothing is left" $'[]\n\n200' "$(api GET '/containers/json?all=1')"
}

make_image
start_daemon
curl -s --unix-socket $socket --data-binary @"$folder/image.tar" -H 'Content-Type: application/x-tar' http://d/v1.41/images/load >/dev/null
comes_back
while_it_waits
updates
over_daemons
[ $failures = 0 ] || { echo "--- daemon"; tail -40 "$folder/daemon.log"; }
exit $((failures > 0))
