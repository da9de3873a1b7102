#!/bin/bash
# A user's docker commands must do what they do on Docker: output, exit codes, words. Real Podman, real containers,
# made-up networks (daemon.cc). Needs root; everything lives in private mounts and a folder that is removed.
# Usage: run_test.sh [path of container_api_daemon]
# shellcheck source=tests/containers/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
enter container_api_daemon "$@"
socket=/run/skein/skein.sock

over_http() {
  expect "load" '*Loaded image: busybox:latest*200' "$(curl -s --unix-socket $socket --data-binary @"$folder/image.tar" -H 'Content-Type: application/x-tar' -w '\n%{http_code}' http://d/v1.41/images/load)"
  expect "image by its short name" '*"RepoTags":\["busybox:latest"\]*' "$(api GET /images/json)"
  expect "no such container" $'{"message":"No such container: nosuch"}\n\n404' "$(api GET /containers/nosuch/json)"
  expect "no such image" $'{"message":"No such image: nosuch:latest"}\n\n404' "$(api POST /containers/create '{"Image":"nosuch"}')"
  api POST '/images/busybox/tag?repo=example.org/team/app' >/dev/null
  expect "a name means no image of another registry" $'{"message":"No such image: app:latest"}\n\n404' "$(api POST /containers/create '{"Image":"app"}')"
  expect "its own name does" '*201' "$(api POST '/containers/create?name=named' '{"Image":"example.org/team/app"}')"
  gone named
  expect "an image that has lost its name is not there" '*Untagged*200' "$(api DELETE /images/example.org/team/app)"
  expect "nor can it be used" '*No such image: example.org/team/app:latest*404' "$(api POST /containers/create '{"Image":"example.org/team/app"}')"
  expect "a wrong type" '*invalid JSON*400' "$(api POST /containers/create '{"Image":"busybox","Cmd":5}')"
  expect "exec with a wrong type" '*cannot unmarshal string into Go struct field ExecStartOptions.Tty of type bool*400' "$(api POST /exec/nosuch/start '{"Tty":"yes"}')"
  expect "plugins" $'[]\n\n200' "$(api GET /plugins)"
  expect "the build cache is empty" '*"SpaceReclaimed":0*200' "$(api POST /build/prune)"
  expect "version" '*"Name":"Podman Engine","Version":"4*"Name":"OCI Runtime (crun)"*200' "$(
    for _ in $(seq 100); do api GET /version | finds Podman && break; pause; done; api GET /version)"
  expect "bad json" '*invalid JSON*400' "$(api POST /containers/create '{bad')"
  expect "too new" '*client version 1.99 is too new. Maximum supported API version is 1.55*' "$(curl -s --unix-socket $socket http://d/v1.99/info)"
  expect "create" '*"Id"*201' "$(api POST '/containers/create?name=web1' '{"Image":"busybox","Cmd":["sleep","1000"],"Labels":{"mine":"1"},"HostConfig":{"NetworkMode":"appnet","PortBindings":{"80/tcp":[{"HostPort":"8080"}]}}}')"
  expect "name conflict" '*Conflict. The container name \\"/web1\\" is already in use by container*409' "$(api POST '/containers/create?name=web1' '{"Image":"busybox"}')"
  expect "start" $'\n204' "$(api POST /containers/web1/start)"
  expect "no checkpoints" '*checkpoint is only supported in experimental mode*400' "$(api POST '/containers/web1/start?checkpoint=c1')"
  expect "start again" $'\n304' "$(api POST /containers/web1/start)"
  expect "inspect" '*"NetworkMode":"appnet"*"IPAddress":"10.0.1.*"8080"*' "$(api GET /containers/web1/json)"
  expect "nothing of ours is shown" 'none' "$(api GET /containers/web1/json | finds -F io.skein && echo some || echo none)"
  expect "list" '*"PublicPort":8080*' "$(api GET /containers/json)"
  expect "by isolation, which is of Windows" '*"PublicPort":8080*' "$(api GET '/containers/json?filters=%7B%22isolation%22:%5B%22hyperv%22%5D%7D')"
  expect "kill -9 of the daemon leaves the container, the next adopts the engine" '*event=child-up child=podman why=adopted*"Running":true*' "$(
    kill_daemon; start_daemon; echo $pid >"$folder/pid"; grep 'child=podman why=adopted' "$folder/daemon.log"; api GET /containers/web1/json)"
  pid=$(cat "$folder/pid")
  api POST /containers/web1/wait >"$folder/waited" & local waiting=$!
  expect "stop" $'\n204' "$(api POST '/containers/web1/stop?t=0')"
  wait $waiting
  expect "wait" '*"StatusCode":137*200' "$(cat "$folder/waited")"
  expect "remove" $'\n204' "$(api DELETE /containers/web1)"
  expect "its namespace is gone" '*forget*' "$(grep forget "$folder/daemon.log")"
}

# field NAME EXPRESSION: of a container's inspection, which Python calls c.
field() { curl -s --max-time 10 --unix-socket $socket "http://d/v1.41/containers/$1/json" | python3 -c 'import json, sys
try: print(json.dumps(eval(sys.argv[1], {"c": json.load(sys.stdin)}), sort_keys=True))
except KeyError as missing: print("no", missing)' "$2"; }
sleeper='{"Image":"busybox","Cmd":["sleep","1000"]}'
make() { api POST "/containers/create?name=$1" "${2:-$sleeper}" >/dev/null; }
begin() { make "$@" && api POST "/containers/$1/start" >/dev/null; }
gone() { api DELETE "/containers/$1?force=1" >/dev/null; }
inside() { # NAME COMMAND: what it prints
  local exec
  exec=$(api POST "/containers/$1/exec" "{\"AttachStdout\":true,\"Cmd\":[\"sh\",\"-c\",\"$2\"],\"Tty\":true}" | sed -n 's/.*"Id":"\([^"]*\)".*/\1/p')
  curl -s --max-time 10 --unix-socket $socket -X POST -H 'Content-Type: application/json' -d '{"Tty":true}' "http://d/v1.41/exec/$exec/start" | tr -d '\r'
}
next_daemon() { kill_daemon; start_daemon; echo $pid >"$folder/pid"; }

# As Compose does it: connected and disconnected before the start, with addresses and aliases of each network.
networks_of_stopped_containers() {
  local networks="c['NetworkSettings']['Networks']"
  make nn '{"Image":"busybox","Cmd":["sleep","1000"],"HostConfig":{"NetworkMode":"front"},"NetworkingConfig":{"EndpointsConfig":{"front":{"Aliases":["first"]}}}}'
  expect "a created container is on its networks" $'\n200' "$(api POST /networks/front/disconnect '{"Container":"nn"}')"
  expect "disconnected before its start" '{}' "$(field nn "$networks")"
  expect "disconnected twice" '*is not connected to the network front*500' "$(api POST /networks/front/disconnect '{"Container":"nn"}')"
  expect "connected before its start" $'\n200' "$(api POST /networks/front/connect '{"Container":"nn","EndpointConfig":{"Aliases":["one","two"],"IPAMConfig":{"IPv4Address":"10.61.0.77"}}}')"
  expect "to another one" $'\n200' "$(api POST /networks/back/connect '{"Container":"nn","EndpointConfig":{"Links":["db:sql"]}}')"
  expect "what was asked is shown" '\["one", "two", "[0-9a-f]*"\]' "$(field nn "${networks}['front']['Aliases']")"
  expect "a wrong address" '*invalid IPv4 address: x*400' "$(api POST /networks/late/connect '{"Container":"nn","EndpointConfig":{"IPAMConfig":{"IPv4Address":"x"}}}')"
  next_daemon
  pid=$(cat "$folder/pid")
  expect "start" $'\n204' "$(api POST /containers/nn/start)"
  expect "with the address that was asked for" '"10.61.0.77"' "$(field nn "${networks}['front']['IPAddress']")"
  expect "as it is shown" '{"IPv4Address": "10.61.0.77"}' "$(field nn "${networks}['front']['IPAMConfig']")"
  expect "and its names" '\["one", "two", "*"\]' "$(field nn "${networks}['front']['Aliases']")"
  expect "hosts has both networks" '2' "$(inside nn "grep -c '^10\\\\.' /etc/hosts")"
  expect "connected while it runs" $'\n200' "$(api POST /networks/late/connect '{"Container":"nn","EndpointConfig":{"Aliases":["three"]}}')"
  expect "hosts has it, too" '3' "$(inside nn "grep -c '^10\\\\.' /etc/hosts")"
  expect "disconnected while it runs" $'\n200' "$(api POST /networks/back/disconnect '{"Container":"nn"}')"
  expect "and not in hosts" '2' "$(inside nn "grep -c '^10\\\\.' /etc/hosts")"
  next_daemon
  pid=$(cat "$folder/pid")
  api POST '/containers/nn/restart?t=0' >/dev/null
  expect "a restart keeps what users did" '\["front", "late"\]' "$(field nn "sorted($networks)")"
  api POST '/containers/nn/stop?t=0' >/dev/null
  expect "also stopped" '"id-of-late"' "$(field nn "${networks}['late']['NetworkID']")"
  gone nn
  make nn '{"Image":"busybox","HostConfig":{"NetworkMode":"none"}}'
  expect "no network beside none" '*container cannot be connected to multiple networks with one of the networks in private (none) mode*400' "$(api POST /networks/back/connect '{"Container":"nn"}')"
  gone nn
}

# /etc/resolv.conf and /etc/hosts are written in place: they are bound into the container.
files_follow_networks() {
  begin ff
  expect "no resolver on the default bridge" '0' "$(inside ff 'grep -c 127.0.0.11 /etc/resolv.conf')"
  api POST /networks/appnet/connect '{"Container":"ff"}' >/dev/null
  expect "a resolver on a network with names" 'nameserver 127.0.0.11*ndots:0*' "$(inside ff 'cat /etc/resolv.conf')"
  api POST '/containers/ff/restart?t=0' >/dev/null
  expect "also after a restart" 'nameserver 127.0.0.11*' "$(inside ff 'cat /etc/resolv.conf')"
  api POST /networks/appnet/disconnect '{"Container":"ff"}' >/dev/null
  expect "and none when it has left its last" '0' "$(inside ff 'grep -c 127.0.0.11 /etc/resolv.conf')"
  gone ff
  begin ff '{"Image":"busybox","Cmd":["sleep","1000"],"HostConfig":{"NetworkMode":"appnet","ExtraHosts":["host.docker.internal:host-gateway"]}}'
  expect "the host itself" $'192.168.1.11\thost.docker.internal' "$(inside ff 'grep host.docker /etc/hosts')"
  expect "as it was asked for" '\["host.docker.internal:host-gateway"\]' "$(field ff "c['HostConfig']['ExtraHosts']")"
  begin side '{"Image":"busybox","Cmd":["sleep","1000"],"HostConfig":{"NetworkMode":"container:ff"}}'
  expect "who shares a network shares its files" "$(inside ff 'cat /etc/hosts /etc/resolv.conf; hostname')" "$(inside side 'cat /etc/hosts /etc/resolv.conf; hostname')"
  expect "which nobody sees" '\[\]' "$(field side "c['Mounts']")"
  gone side
  gone ff
}

# told_since SECONDS ACTION: such events; the engine tells them some time later.
told_since() {
  local out=''
  for _ in $(seq 20); do
    out=$(curl -s --max-time 5 --unix-socket $socket "http://d/v1.41/events?since=$1&until=$(($(date +%s) + 1))&filters=%7B%22event%22:%5B%22$2%22%5D%7D")
    [ -z "$out" ] || break
  done
  echo "$out"
}

renamed() {
  local begun
  begun=$(date +%s)
  begin old
  begin other
  expect "rename" $'\n204' "$(api POST '/containers/old/rename?name=older')"
  expect "an event tells" '*"name":"older","oldName":"/old"*' "$(told_since "$begun" rename)"
  expect "its networks are told" '*rename * older*' "$(grep '^rename ' "$folder/daemon.log")"
  expect "to the same name" '*Renaming a container with the same name as its current name*400' "$(api POST '/containers/older/rename?name=older')"
  expect "to a taken one" '*Error when allocating new name: Conflict. The container name \\"/other\\" is already in use by container \\"*409' "$(api POST '/containers/older/rename?name=other')"
  expect "to none" '*Neither old nor new names may be empty*400' "$(api POST '/containers/older/rename?name=')"
  expect "to a wrong one" '*Error when allocating new name: Invalid container name (/a b)*400' "$(api POST '/containers/older/rename?name=a%20b')"
  expect "the old name is free" '*201' "$(api POST '/containers/create?name=old' '{"Image":"busybox"}')"
  for name in old older other; do gone $name; done
}

# in_state NAME STATE
in_state() {
  make "$1"
  [ "$2" = created ] || api POST "/containers/$1/start" >/dev/null
  [ "$2" != paused ] || api POST "/containers/$1/pause" >/dev/null
  [ "$2" != exited ] || api POST "/containers/$1/kill" >/dev/null
}

# Each verb in each state: status, and a part of the words.
states_and_verbs() {
  local state method target wanted id status words
  while read -r state method target wanted; do
    in_state ss "$state"
    id=$(api GET /containers/ss/json | sed -n 's/.*"Id":"\([^"]*\)".*/\1/p')
    wanted=${wanted//ID/$id}
    status=${wanted%% *} words=${wanted:${#status}}
    expect "$state: $method $target" "*${words# }*$status" "$(api "$method" "/containers/ss$target" | tr '\n' ' ' | sed 's/ $//')"
    gone ss
    gone tt
  done <<'EOF'
created POST /start 204
running POST /start 304
paused POST /start 409 cannot start a paused container, try unpause instead
exited POST /start 204
created POST /stop?t=0 304
running POST /stop?t=0 204
paused POST /stop?t=0 204
exited POST /stop?t=0 304
created POST /restart?t=0 204
running POST /restart?t=0 204
paused POST /restart?t=0 204
exited POST /restart?t=0 204
created POST /kill 409 Cannot kill container: ss: Container ID is not running
running POST /kill 204
paused POST /kill 204
exited POST /kill 409 Cannot kill container: ss: Container ID is not running
created POST /pause 409 Container ID is not running
running POST /pause 204
paused POST /pause 409 Container ID is already paused
exited POST /pause 409 Container ID is not running
created POST /unpause 500 Container ID is not paused
running POST /unpause 500 Container ID is not paused
paused POST /unpause 204
exited POST /unpause 500 Container ID is not paused
created DELETE ? 204
running DELETE ? 409 cannot remove container *"/ss*": container is running: stop the container before removing or force remove
paused DELETE ? 409 cannot remove container *"/ss*": container is paused and must be unpaused first
exited DELETE ? 204
created DELETE ?force=1 204
running DELETE ?force=1 204
paused DELETE ?force=1 204
exited DELETE ?force=1 204
created POST /rename?name=tt 204
running POST /rename?name=tt 204
paused POST /rename?name=tt 204
exited POST /rename?name=tt 204
created GET /top 409 Container ID is not running
running GET /top 200 "sleep 1000"
paused GET /top 200 "sleep 1000"
running GET /top?ps_args=aux 200
exited GET /top 409 Container ID is not running
created GET /logs?stdout=1 200
paused GET /logs?stdout=1&tail=x 200
running GET /logs 400 Bad parameters: you must choose at least one stream
exited GET /logs?stdout=1 200
created POST /resize?h=10&w=20 409 Container ID is not running
running POST /resize?h=10&w=20 200
paused POST /resize?h=10&w=20 200
exited POST /resize?h=10&w=20 409 Container ID is not running
created GET /archive?path=/etc/passwd 200
running GET /archive?path=/etc/passwd 200
paused GET /archive?path=/etc/passwd 200
exited GET /archive?path=/etc/passwd 200
created GET /stats?stream=0 200
running GET /stats?stream=0&one-shot=1 200
paused GET /stats?stream=0&one-shot=1 200
exited GET /stats?stream=0 200
created POST /wait 200 "StatusCode":0
exited POST /wait 200 "StatusCode":137
EOF
  for state in created running paused exited; do
    in_state ss $state
    case $state in
      paused) wanted='*Container ss is paused, unpause the container before exec*409' ;;
      running) wanted='*"Id"*201' ;;
      *) wanted='*Container * is not running*409' ;;
    esac
    expect "$state: exec" "$wanted" "$(api POST /containers/ss/exec '{"Cmd":["true"]}')"
    expect "$state: connect" $'\n200' "$(api POST /networks/appnet/connect '{"Container":"ss"}')"
    expect "$state: disconnect" $'\n200' "$(api POST /networks/appnet/disconnect '{"Container":"ss"}')"
    expect "$state: list of this state" '*"/ss"*' "$(api GET "/containers/json?filters=%7B%22status%22:%5B%22$state%22%5D%7D")"
    expect "$state: list of other states" $'[]\n\n200' "$(api GET '/containers/json?filters=%7B%22status%22:%5B%22dead%22,%22restarting%22,%22removing%22%5D%7D')"
    case $state in created | exited) wanted=$'[]\n\n200' ;; *) wanted='*"/ss"*' ;; esac
    expect "$state: list" "$wanted" "$(api GET /containers/json)"
    gone ss
  done
  in_state ss paused
  expect "a paused container says so" '*"State":"paused","Status":"Up * (Paused)"*' "$(api GET /containers/json)"
  expect "attach to a paused one" '*Container ss is paused, unpause the container before attach*409' "$(api POST '/containers/ss/attach?stream=1&stdout=1')"
  gone ss
  expect "no state of Docker's" '*invalid filter ?status=foo?"}*400' "$(api GET '/containers/json?filters=%7B%22status%22:%5B%22foo%22%5D%7D')"
}

# Whoever leaves the time open gives ten seconds.
time_to_end() {
  local slow='{"Image":"busybox","Cmd":["sh","-c","trap \"sleep 2; exit 7\" TERM; echo ready; while :; do sleep 0.1; done"]'
  is_ready() { for _ in $(seq 100); do api GET '/containers/tt/logs?stdout=1' | finds -a ready && return; pause; done; return 1; }
  begin tt "$slow}" && is_ready
  expect "stop" $'\n204' "$(api POST /containers/tt/stop)"
  expect "the process has ended by itself" '7' "$(field tt "c['State']['ExitCode']")"
  expect "nothing was asked" "no 'StopTimeout'" "$(field tt "c['Config']['StopTimeout']")"
  gone tt
  begin tt "$slow,\"StopTimeout\":1}" && is_ready
  expect "stop of an impatient one" $'\n204' "$(api POST /containers/tt/stop)"
  expect "it was killed" '137' "$(field tt "c['State']['ExitCode']")"
  expect "as asked" '1' "$(field tt "c['Config']['StopTimeout']")"
  gone tt
  begin tt '{"Image":"busybox","Cmd":["sh","-c","trap \"exit 9\" USR1; trap \"\" TERM; echo ready; while :; do sleep 0.1; done"],"StopSignal":"SIGUSR1"}' && is_ready
  expect "stop by a signal of its own" $'\n204' "$(api POST /containers/tt/stop)"
  expect "it heard it" '9' "$(field tt "c['State']['ExitCode']")"
  gone tt
  begin tt '{"Image":"busybox","Cmd":["sh","-c","trap \"sleep 2; echo ended by itself; exit 7\" TERM; echo ready; while :; do sleep 0.1; done"]}' && is_ready
  expect "restart" $'\n204' "$(api POST /containers/tt/restart)"
  expect "the first run ended by itself" 'yes' "$(api GET '/containers/tt/logs?stdout=1' | finds -a 'ended by itself' && echo yes)"
  gone tt
}

# Checks of 100 ms, two of which may fail.
health() {
  local list="/containers/json?filters=%7B%22name%22:%5B%22hc%22%5D%7D" begun
  begun=$(date +%s)
  # lists WHAT: until it does.
  lists() { for _ in $(seq 100); do api GET "$list" | finds "$1" && return; pause; done; api GET "$list"; return 1; }
  api POST '/containers/create?name=hc' '{"Image":"busybox","Cmd":["sleep","1000"],"HostConfig":{"NetworkMode":"none"},
    "Healthcheck":{"Test":["CMD-SHELL","echo said; test -f /ok"],"Interval":100000000,"Retries":2,"StartPeriod":0}}' >/dev/null
  expect "before its start nobody knows how it is" 'none' "$(api GET /containers/hc/json | finds '"Health":' && echo some || echo none)"
  begin hs '{"Image":"busybox","Cmd":["sleep","1000"],"HostConfig":{"NetworkMode":"none"},"Healthcheck":{"Test":["CMD","true"],"Interval":3600000000000}}'
  expect "as soon as it is started it is to become healthy" '"starting"' "$(field hs "c['State']['Health']['Status']")"
  api POST '/containers/hs/restart?t=0' >/dev/null
  expect "when it is restarted, too" '"starting"' "$(field hs "c['State']['Health']['Status']")"
  gone hs
  api POST /containers/hc/start >/dev/null
  expect "it becomes unhealthy" '' "$(lists '"Status":"Up [^"]* (unhealthy)"')"
  expect "how it was" '*"Health":{"FailingStreak":*"ExitCode":1,"Output":"said\\n","Start":"20*"Status":"unhealthy"}*' "$(api GET /containers/hc/json)"
  expect "filtered by health" $'[]\n\n200' "$(api GET '/containers/json?filters=%7B%22health%22:%5B%22healthy%22%5D%7D')"
  expect "no health" '*Unrecognised filter value for health: well*400' "$(api GET '/containers/json?filters=%7B%22health%22:%5B%22well%22%5D%7D')"
  local exec
  exec=$(api POST /containers/hc/exec '{"Cmd":["sh","-c",">/ok"]}' | sed -n 's/.*"Id":"\([^"]*\)".*/\1/p')
  expect "what mends it" '*200' "$(api POST "/exec/$exec/start" '{"Detach":true}')"
  expect "and healthy" '' "$(lists '(healthy)"')"
  expect "events tell" '*"Action":"health_status: unhealthy"*"Action":"health_status: healthy"*"name":"hc"*' \
    "$(curl -s --max-time 5 --unix-socket $socket "http://d/v1.41/events?since=$begun&until=$(($(date +%s) + 1))&filters=%7B%22event%22:%5B%22health_status%22%5D%7D")"
  expect "the next daemon goes on with the checks" '*(healthy)*' "$(kill_daemon; start_daemon; echo $pid >"$folder/pid"; lists '(healthy)"'; api GET "$list")"
  pid=$(cat "$folder/pid")
  api DELETE '/containers/hc?force=1' >/dev/null
}

# made NAME BODY: the output of a container
made() {
  api POST "/containers/create?name=$1" "$2" >"$folder/made"
  api POST "/containers/$1/start" >>"$folder/made"
  api POST "/containers/$1/wait" >/dev/null
  curl -s --max-time 30 --unix-socket $socket "http://d/v1.41/containers/$1/logs?stdout=1&stderr=1" | tr -d '\000-\010\013-\037'
  api DELETE "/containers/$1?force=1" >/dev/null
}

# Where Podman by itself does something else than Docker.
as_docker_makes_them() {
  local writes='"Image":"busybox","Cmd":["sh","-c","for d in /tmp /run /var/tmp /etc /v; do echo x 2>/dev/null >$d/f && echo $d; done; echo end"]'
  expect "nothing is writable but what is mounted" '*end*' "$(made ro "{$writes,\"HostConfig\":{\"NetworkMode\":\"none\",\"ReadonlyRootfs\":true}}")"
  expect "nothing at all" 'none' "$(made ro "{$writes,\"HostConfig\":{\"NetworkMode\":\"none\",\"ReadonlyRootfs\":true}}" | finds '^[^a-z]*/' && echo some || echo none)"
  expect "a tmpfs is writable" '*/tmp*/v*end*' "$(made ro "{$writes,\"HostConfig\":{\"NetworkMode\":\"none\",\"ReadonlyRootfs\":true,\"Tmpfs\":{\"/tmp\":\"\"},\"Mounts\":[{\"Type\":\"tmpfs\",\"Target\":\"/v\"}]}}")"
  local looks='"Image":"busybox","Cmd":["sh","-c","cat /proc/mounts /proc/sys/net/ipv4/ip_unprivileged_port_start"]'
  expect "a mount's volume has its options" '* /v tmpfs *size=1024k*' "$(made vo "{$looks,\"HostConfig\":{\"NetworkMode\":\"none\",\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"vo\",\"Target\":\"/v\",\"VolumeOptions\":{\"DriverConfig\":{\"Options\":{\"type\":\"tmpfs\",\"o\":\"size=1m\"}}}}]}}")"
  expect "which are shown as written" '*"Options":{"o":"size=1m","type":"tmpfs"}*' "$(api GET /volumes/vo)"
  expect "volume create with a size" '*"Options":{"o":"size=2m","type":"tmpfs"}*201' "$(api POST /volumes/create '{"name":"vs","DriverOpts":{"type":"tmpfs","o":"size=2m"}}')"
  expect "its size" '* /v tmpfs *size=2048k*' "$(made vs "{$looks,\"HostConfig\":{\"NetworkMode\":\"none\",\"Binds\":[\"vs:/v\"]}}")"
  expect "shared memory" '* /dev/shm tmpfs *size=65536k*' "$(made sh "{$looks,\"HostConfig\":{\"NetworkMode\":\"none\"}}")"
  api DELETE /volumes/vo >/dev/null
  api DELETE /volumes/vs >/dev/null
  expect "low ports for everybody" $'*\n0*' "$(made lp "{$looks,\"HostConfig\":{\"NetworkMode\":\"appnet\"}}")"
  expect "a subpath is refused" '*VolumeOptions.Subpath*400' "$(api POST /containers/create '{"Image":"busybox","HostConfig":{"Mounts":[{"Type":"volume","Source":"v","Target":"/v","VolumeOptions":{"Subpath":"a"}}]}}')"
  expect "members match without case" '*201' "$(api POST '/containers/create?name=pl' '{"image":"busybox","cmd":"cat","OPENSTDIN":true,"hostconfig":{"networkmode":"none","PidsLimit":0},"version":5}')"
  expect "no limit of processes" '*"PidsLimit":null*' "$(api GET /containers/pl/json)"
  expect "an update that asks for none" '*Warnings*200' "$(api POST /containers/pl/start; api POST /containers/pl/update '{"PidsLimit":0}')"
  expect "no variables of the engine" 'none' "$(api GET /containers/pl/json | finds -F container=podman && echo some || echo none)"
  api POST /containers/pl/start '{}' >/dev/null
  curl -s --max-time 3 --unix-socket $socket -H 'Content-Type: application/json' -d '{"hello":1}' "http://d/v1.41/containers/pl/attach?stream=1&stdin=1&stdout=1" >"$folder/attached"
  expect "a body of attach is no input" '' "$(cat "$folder/attached")"
  expect "stop without a number" '*strconv.Atoi: parsing \\"soon\\": invalid syntax*400' "$(api POST '/containers/pl/stop?t=soon')"
  api DELETE '/containers/pl?force=1' >/dev/null
}

as_it_was_asked() {
  begin plain
  expect "nothing asked is shown as nothing" '\[null, null, "private", {"Config": {}, "Type": "json-file"}, "", null, null, "", null, ""]' "$(field plain '[c["HostConfig"][n] for n in ("CapAdd", "ExtraHosts", "IpcMode", "LogConfig", "PidMode", "PidsLimit", "Ulimits", "UTSMode")] + [c["Config"]["Entrypoint"], c["Config"]["WorkingDir"]]')"
  expect "no signal and no home" '\[false, false]' "$(field plain '["StopSignal" in c["Config"], any(e.startswith("HOME=") for e in c["Config"]["Env"])]')"
  expect "what changed" '*"/new"*200' "$(inside plain 'touch /new' >/dev/null; api GET /containers/plain/changes)"
  expect "no such file" '*Could not find the file /nosuch in container plain*404' "$(api GET '/containers/plain/archive?path=/nosuch')"
  expect "no such folder to copy to" '*Could not find the file /nosuch in container plain*404' "$(curl -s --unix-socket $socket -X PUT -H 'Content-Type: application/x-tar' --data-binary @"$folder/image/layer.tar" -w '\n%{http_code}' 'http://d/v1.41/containers/plain/archive?path=/nosuch')"
  expect "no folder to copy to" '*extraction point is not a directory*400' "$(curl -s --unix-socket $socket -X PUT -H 'Content-Type: application/x-tar' --data-binary @"$folder/image/layer.tar" -w '\n%{http_code}' 'http://d/v1.41/containers/plain/archive?path=/etc/passwd')"
  expect "commit" '*"Id":"sha256:*201' "$(api POST '/commit?container=plain&repo=kept&tag=1')"
  expect "commit of nothing" '*No such container: nosuch*404' "$(api POST '/commit?container=nosuch&repo=kept')"
  expect "what was committed runs" '*/new*' "$(begin again '{"Image":"kept:1","Cmd":["sleep","1000"]}'; inside again 'ls -d /new')"
  gone again
  expect "untagged before deleted" '*Untagged*Deleted*200' "$(api DELETE /images/kept:1)"
  gone plain
  begin asked '{"Image":"busybox","Cmd":["sleep","1000"],"StopSignal":"SIGINT","HostConfig":{"Binds":["data:/d"],"CapAdd":["CAP_SYS_CHROOT"],"Sysctls":{"net.ipv4.ip_forward":"1"},"LogConfig":{"Type":"local","Config":{"max-size":"1m","max-file":"3"}},"Ulimits":[{"Name":"nofile","Soft":100,"Hard":200}],"MaskedPaths":[],"ReadonlyPaths":[]}}'
  expect "as it was written" '\["SIGINT", \["data:/d"], \["CAP_SYS_CHROOT"], {"net.ipv4.ip_forward": "1"}, {"Config": {"max-file": "3", "max-size": "1m"}, "Type": "local"}, \[{"Hard": 200, "Name": "nofile", "Soft": 100}]]' "$(field asked '[c["Config"]["StopSignal"]] + [c["HostConfig"][n] for n in ("Binds", "CapAdd", "Sysctls", "LogConfig", "Ulimits")]')"
  expect "one limit is its own" '100' "$(inside asked 'ulimit -n')"
  expect "a volume without nosuid and nodev" 'rw,relatime*' "$(inside asked 'cat /proc/mounts' | awk '$2 == "/d" { print $4 }')"
  expect "nothing is hidden" '0' "$(inside asked 'cat /proc/mounts' | grep -c ' /proc/')"
  gone asked
  api DELETE /volumes/data >/dev/null
  for wrong in \
    '{"LogConfig":{"Type":"json-file","Config":{"nosuch":"x"}}}|unknown log opt '"'nosuch'"' for json-file log driver' \
    '{"LogConfig":{"Type":"nosuch"}}|logger: no log driver named '"'nosuch'"' is registered' \
    '{"VolumesFrom":["nosuch"]}|No such container: nosuch' \
    '{"Links":["nosuch:x"]}|could not get container for nosuch: No such container: nosuch'; do
    expect "refused: ${wrong#*|}" "*${wrong#*|}*400" "$(api POST /containers/create "{\"Image\":\"busybox\",\"HostConfig\":${wrong%|*}}")"
  done
  make linked '{"Image":"busybox","Cmd":["sleep","1000"],"Hostname":"lh"}'
  api POST /containers/linked/start >/dev/null
  expect "a link is taken" '*201' "$(api POST /containers/create?name=linking '{"Image":"busybox","Cmd":["sleep","1000"],"HostConfig":{"Links":["linked:other"]}}')"
  api POST /containers/linking/start >/dev/null
  expect "no variables of the engine are in it" "HOME=/root HOSTNAME=$(field linking 'c["Config"]["Hostname"]' | tr -d '"') PATH=/bin " "$(tr '\0' '\n' <"/proc/$(field linking 'c["State"]["Pid"]')/environ" | sort | tr '\n' ' ')"
  expect "and gives names" "$(field linked 'c["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]' | tr -d '"')*other lh linked" "$(cat "/proc/$(field linking 'c["State"]["Pid"]')/root/etc/hosts" | grep linked)"
  expect "and shown" '\["/linked:/linking/other"]' "$(field linking 'c["HostConfig"]["Links"]')"
  expect "the container's own name is no link" '*Conflict, cannot remove the default link name of the container*500' "$(api DELETE '/containers/linking?link=1')"
  expect "another alias is none" '*No such container: linking/nosuch*404' "$(api DELETE '/containers/linking/nosuch?link=1')"
  expect "nobody has none" '*No such container: nosuch*404' "$(api DELETE '/containers/nosuch?link=1')"
  expect "a link is taken away" $'\n204' "$(api DELETE '/containers/linking/other?link=1')"
  expect "once" '*No such container: linking/other*404' "$(api DELETE '/containers/linking/other?link=1')"
  expect "it gives no names any more" '' "$(grep linked "/proc/$(field linking 'c["State"]["Pid"]')/root/etc/hosts")"
  expect "and is not shown" 'null' "$(field linking 'c["HostConfig"]["Links"]')"
  api POST '/containers/linking/restart?t=0' >/dev/null
  expect "after a restart neither" '' "$(grep linked "/proc/$(field linking 'c["State"]["Pid"]')/root/etc/hosts")"
  gone linking
  gone linked
  expect "another platform" '*does not match the specified platform (linux/arm64)*404' "$(api POST '/containers/create?platform=linux/arm64' '{"Image":"busybox"}')"
}

# figure NAME EXPRESSION [QUERY]: of the first reading of its stats, `s`
figure() { curl -s --max-time 30 --unix-socket "$socket" "http://d/v1.41/containers/$1/stats?${3:-stream=0}" | python3 -c "import sys, json; s = json.loads(sys.stdin.readline()); print($2)"; }
figures() {
  make fig '{"Image":"busybox","Cmd":["sh","-c","while :; do :; done"],"HostConfig":{"Memory":50000000,"PidsLimit":30}}'
  api POST /containers/fig/start >/dev/null
  expect "stats compare with a second before" 'True' "$(figure fig '0.5e9 < (s["cpu_stats"]["system_cpu_usage"] - s["precpu_stats"]["system_cpu_usage"]) / s["cpu_stats"]["online_cpus"] < 5e9 and s["cpu_stats"]["cpu_usage"]["total_usage"] > s["precpu_stats"]["cpu_usage"]["total_usage"]')"
  expect "unless one is enough" '0001-01-01T00:00:00Z 0' "$(figure fig 's["preread"], s["precpu_stats"]["cpu_usage"]["total_usage"]' 'stream=0&one-shot=1' | tr -d "(',)")"
  expect "what the kernel counts of memory" '32 True' "$(figure fig 'len(s["memory_stats"]["stats"]), s["memory_stats"]["max_usage"] > 0' 'stream=0&one-shot=1' | tr -d '(,)')"
  expect "and of processes" '1 30' "$(figure fig 's["pids_stats"]["current"], s["pids_stats"]["limit"]' 'stream=0&one-shot=1' | tr -d '(,)')"
  expect "and of devices" '\[]' "$(figure fig 's["blkio_stats"]["io_queue_recursive"]' 'stream=0&one-shot=1')"
  local readings
  readings=$(timeout 20 curl -sN --unix-socket "$socket" 'http://d/v1.41/containers/fig/stats' | python3 -c 'import sys, json
readings = [json.loads(sys.stdin.readline()) for _ in range(3)]
print([one["preread"] == other["read"] for one, other in zip(readings[1:], readings)])')
  expect "each reading has the one before" '\[True, True]' "$readings"
  gone fig
}

web_sockets() {
  local client
  client=$(dirname "$(readlink -f "$0")")/web_socket.py
  make talk '{"Image":"busybox","Cmd":["sh","-c","while read x; do echo out $x; echo err $x >&2; done"],"OpenStdin":true}'
  api POST /containers/talk/start >/dev/null
  expect "an attachment by WebSocket" $'101 accepted\n[[]2] err a, out a goodbye 1001' "$(python3 "$client" "$socket" 1.42 talk 'stream=1&stdin=1&stdout=1&stderr=1' 'a\n' 2)"
  api POST '/containers/talk/restart?t=0' >/dev/null
  expect "before 1.28 in texts" $'101 accepted\n[[]1] err b, out b goodbye 1001' "$(python3 "$client" "$socket" 1.27 talk 'stream=1' 'b\n' 2)"
  expect "of nobody" '404' "$(python3 "$client" "$socket" 1.41 nosuch 'stream=1' '' 0)"
  expect "by no WebSocket" '*not websocket protocol*400' "$(api GET '/containers/talk/attach/ws?stream=1')"
  api POST '/containers/talk/stop?t=0' >/dev/null
  expect "its end is the container's" $'101 accepted\n[[]]  goodbye 1000' "$(python3 "$client" "$socket" 1.41 talk 'stream=1' '' 1)"
  gone talk
}

over_the_client() {
  export DOCKER_HOST=unix://$socket
  expect "run --rm" $'*127.0.0.1\tlocalhost*web*nameserver 127.0.0.11*options ndots:0*rc=7' "$(run docker run --rm --network appnet --hostname web busybox sh -c 'cat /etc/hosts /etc/resolv.conf; exit 7')"
  expect "run with input" $'input\nrc=0' "$(echo input | docker run -i --rm busybox cat; echo "rc=$?")"
  # Podman removes such a container while the client is on its way from the attachment to the start: often, not always.
  local try
  for try in 1 2 3 4 5 6 7 8; do
    expect "run --rm a missing command ($try)" '*exec: "nosuch": executable file not found in $PATH*rc=127' "$(run docker run --rm busybox nosuch)"
  done
  expect "run -d --rm a missing command" '*exec: "nosuch": executable file not found in $PATH*rc=127' "$(run docker run -d --rm busybox nosuch)"
  expect "run --rm a missing path" '*exec: "/nosuch/x": stat /nosuch/x: no such file or directory*rc=127' "$(run docker run --rm busybox /nosuch/x)"
  expect "run --rm a folder" '*exec: "/etc": permission denied*rc=126' "$(run docker run --rm busybox /etc)"
  # What could not be started is removed after the answer.
  expect "run --rm leaves nothing of them" '' "$(for _ in $(seq 100); do [ -z "$(docker ps -aq)" ] && break; pause; done; docker ps -aq)"
  expect "run a missing command" '*exec: "nosuch": executable file not found in $PATH*rc=127' "$(run docker run --name kept busybox nosuch)"
  expect "start it again" '*exec: "nosuch": executable file not found in $PATH*rc=1' "$(run docker start -a kept)"
  docker rm kept >/dev/null
  expect "run on a network that cannot be attached to" '*Could not attach to network private: rpc error: code = PermissionDenied*rc=125' "$(run docker run --rm --network private busybox true)"
  expect "run -d" '*rc=0' "$(run docker run -d --name ww --network appnet -p 8081:80 busybox sh -c 'echo ready; sleep 1000')"
  expect "ps" '*0.0.0.0:8081->80/tcp, [[]::]:8081->80/tcp*ww*' "$(docker ps)"
  expect "ps shows what is paused" '*(Paused)*ww*' "$(docker pause ww >/dev/null; docker ps; docker unpause ww >/dev/null)"
  expect "info counts it" '1 0 0' "$(docker info --format '{{.ContainersRunning}} {{.ContainersPaused}} {{.ContainersStopped}}')"
  expect "info warns of nothing" '' "$(docker info 2>&1 | grep -E 'WARNING|ERROR')"
  local names=''
  for try in 1 2 3 4 5 6 7 8; do docker rename ww "w$try" && names+="$(docker ps --format '{{.Names}}') " && docker rename "w$try" ww; done
  expect "ps knows what has just been changed" 'w1 w2 w3 w4 w5 w6 w7 w8 ' "$names"
  for try in 1 2 3 4 5 6 7 8; do
    expect "run --rm leaves nothing at once ($try)" $'said\nrc=0\nww' "$(run docker run --rm --name once busybox echo said; docker ps -a --format '{{.Names}}')"
  done
  expect "run --rm with much to say" '20000' "$(docker run --rm busybox sh -c 'i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i + 1)); done' | wc -l)"
  expect "exec" $'hi\nrc=4' "$(run docker exec ww sh -c 'echo hi; exit 4')"
  expect "exec -i" 'input' "$(echo input | docker exec -i ww cat)"
  local no_exec='OCI runtime exec failed: exec failed: unable to start container process: exec: '
  expect "exec a missing command" "${no_exec}"$'"nosuch": executable file not found in $PATH: unknown\r\nrc=127' "$(run docker exec ww nosuch)"
  expect "exec a missing path" "${no_exec}"$'"/nosuch/x": stat /nosuch/x: no such file or directory: unknown\r\nrc=127' "$(run docker exec ww /nosuch/x)"
  expect "exec a folder" "${no_exec}"$'"/etc": permission denied: unknown\r\nrc=126' "$(run docker exec ww /etc)"
  expect "exec of what looks like it" $'Error: crun: no\nrc=3' "$(run docker exec ww sh -c 'echo Error: crun: no; exit 3')"
  expect "logs" 'ready' "$(docker logs ww)"
  expect "top" '*sleep 1000*' "$(docker top ww)"
  expect "stats" '*ww*' "$(docker stats --no-stream)"
  expect "stats of an unknown container" '*No such container: nosuch*rc=1' "$(run docker stats --no-stream nosuch)"
  expect "top of an unknown container" '*No such container: nosuch*rc=1' "$(run docker top nosuch)"
  echo content >"$folder/file"
  expect "cp in and out" 'content' "$(docker cp -q "$folder/file" ww:/tmp/f && docker cp -q ww:/tmp/f "$folder/back" && cat "$folder/back")"
  expect "rm of a running one" '*cannot remove container "/ww": container is running*rc=1' "$(run docker rm ww)"
  expect "restart" $'ww\nrc=0' "$(run docker restart -t 0 ww)"
  expect "still attached after restart" '*10.0.1.*' "$(docker inspect -f '{{.NetworkSettings.Networks.appnet.IPAddress}}' ww)"
  # The head of the answer says that the waiting has begun.
  rm -f "$folder/head"
  curl -sN --max-time 30 --unix-socket $socket -D "$folder/head" -X POST http://d/v1.41/containers/ww/wait >"$folder/waited" & local waiting=$!
  for _ in $(seq 300); do [ -s "$folder/head" ] && break; pause; done
  docker kill ww >/dev/null
  wait $waiting
  expect "wait and kill" '*"StatusCode":137*' "$(cat "$folder/waited")"
  # Podman says "not running" before it knows the exit code: whoever asks in between must not read a success.
  codes=
  for _ in 1 2 3 4 5 6 7 8; do
    docker start ww >/dev/null
    codes+=$({ docker kill ww >/dev/null; } & docker wait ww; wait)
  done
  expect "wait while it is being killed" '137137137137137137137137' "$codes"
  expect "attach" '*again*rc=3' "$(docker create -i --name aa busybox sh -c 'read x; echo $x; exit 3' >/dev/null; echo again | docker start -ai aa; echo "rc=$?")"
  expect "rm -f" $'ww\naa\nrc=0' "$(run docker rm -f ww aa)"
  expect "events" '*container create*container die*exitCode=7*container destroy*' "$(docker events --since 10m --until 0s)"
  expect "nothing is left" '' "$(docker ps -aq)"
  expect "rmi" '*Untagged: busybox:latest*rc=0' "$(run docker rmi busybox)"
}

make_image
start_daemon
over_http
networks_of_stopped_containers
files_follow_networks
renamed
states_and_verbs
time_to_end
health
as_docker_makes_them
as_it_was_asked
figures
web_sockets
if command -v docker >/dev/null; then over_the_client; fi
[ $failures = 0 ] || { echo "--- daemon"; tail -40 "$folder/daemon.log"; }
exit $((failures > 0))
