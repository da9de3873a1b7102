#!/bin/bash
# A service's tasks on a real Podman: what the agent asks of it must be what it understands. Made-up networks
# (task_daemon.cc). Needs root; everything lives in private mounts and a folder that is removed.
# Usage: tasks_test.sh [path of task_daemon]
# shellcheck source=tests/containers/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
enter task_daemon "$@"
engine=/run/skein/podman.sock

podman_api() { curl -s --max-time 30 --unix-socket $engine -X "$1" "http://d/v1.41$2"; }
start_daemon() {
  "$daemon" "$folder/state" >>"$folder/out" 2>>"$folder/daemon.log" &
  pid=$!
  disown
}
# until_line PATTERN: a line of the daemon's output since the last call of `forget_lines`
forget_lines() { seen=$(wc -l <"$folder/out"); }
lines() { tail -n +$((seen + 1)) "$folder/out"; }
until_line() {
  for _ in $(seq 600); do lines | finds "$1" && return; pause; done
  echo "no line $1"
}
# assign TASK…: the whole set
assign() {
  local IFS=,
  echo "{\"changes\":[$*]}" >"$folder/state/tasks.json"
  [ -z "${pid:-}" ] || kill -HUP "$pid"
}
# task ID SLOT DESIRED CONTAINER-MEMBERS
task() {
  echo "{\"assignment\":{\"task\":{\"id\":\"$1\",\"slot\":$2,\"nodeId\":\"node1\",\"serviceId\":\"s1\",\"desiredState\":\"$3\",
    \"serviceAnnotations\":{\"name\":\"web\"},\"status\":{\"state\":\"ASSIGNED\"},
    \"networks\":[{\"network\":{\"id\":\"n1\",\"spec\":{\"annotations\":{\"name\":\"appnet\"}}},\"addresses\":[\"10.0.9.$2/24\"]}],
    \"spec\":{\"container\":{\"image\":\"busybox\",$4}}}}}"
}

rich='"args":["sleep","1000"],"env":["SLOT={{.Task.Slot}}"],"hostname":"{{.Node.Hostname}}-x","dir":"/tmp","user":"0","tty":true,"readOnly":true,
  "stopSignal":"SIGKILL","stopGracePeriod":"3s","labels":{"mine":"1"},"groups":["5"],"sysctls":{"net.ipv4.ip_forward":"0"},
  "capabilityDrop":["CAP_CHOWN"],"capabilityAdd":["CAP_NET_ADMIN"],"ulimits":[{"name":"nofile","soft":100,"hard":200},{"name":"nproc","soft":100,"hard":200}],"pidsLimit":50,
  "hosts":["10.9.9.9 other"],"dnsConfig":{"nameservers":["192.0.2.1"],"search":["example.org"]},
  "mounts":[{"type":"TMPFS","target":"/t","tmpfsOptions":{"sizeBytes":"65536"}},{"type":"VOLUME","source":"data","target":"/data"},
    {"type":"VOLUME","source":"special","target":"/special","volumeOptions":{"labels":{"a":"b"}}},
    {"type":"BIND","source":"/tmp","target":"/bound","readonly":true,"bindOptions":{"propagation":"RSLAVE"}}]'
in_container() {
  local exec
  exec=$(curl -s --unix-socket $engine -H 'Content-Type: application/json' -d '{"AttachStdout":true,"Cmd":["sh","-c","'"$2"'"]}' "http://d/v1.41/containers/$1/exec" | sed 's/.*"Id":"\([0-9a-f]*\)".*/\1/')
  curl -s --max-time 20 --unix-socket $engine -H 'Content-Type: application/json' -d '{}' "http://d/v1.41/exec/$exec/start" | tr -d '\000-\010\013-\037'
}

mkdir -p "$folder/state"
touch "$folder/out"
seen=0
make_image
assign
start_daemon
until_line ready
expect "load" '*busybox*' "$(curl -s --unix-socket $engine --data-binary @"$folder/image.tar" -H 'Content-Type: application/x-tar' http://d/v4.3.1/libpod/images/load)"

assign "$(task t1 1 RUNNING "$rich")"
expect "a task comes to life" '' "$(until_line 'task t1 512 started')"
expect "in Docker's steps" $'*task t1 256 accepted*task t1 320 preparing*task t1 384 prepared*task t1 448 starting*attach web.1.t1 host-1-x*serving\ntask t1 512 started*' "$(lines)"
expect "its name and labels" '*"com.docker.swarm.task.id":"t1"*' "$(podman_api GET /containers/web.1.t1/json)"
expect "environment, hostname, folder" $'*1\n*host-1-x\n*/tmp*' "$(in_container web.1.t1 'echo $SLOT; hostname; pwd')"
expect "hosts and resolvers" $'*10.9.9.9\tother*127.0.0.11*example.org*' "$(in_container web.1.t1 'cat /etc/hosts /etc/resolv.conf')"
expect "mounts that can be written" '*written' "$(in_container web.1.t1 'echo x >/t/f && echo y >/data/f && echo z >/special/f && echo written')"
expect "mounts that cannot" '*refused*refused' "$(in_container web.1.t1 'touch /bound/f 2>/dev/null || echo refused; touch /f 2>/dev/null || echo refused')"
expect "limits" '*"PidsLimit":50*' "$(podman_api GET /containers/web.1.t1/json)"

forget_lines
kill -9 "$pid"
start_daemon
until_line ready
expect "the next daemon finds it again" '' "$(until_line 'task t1 512 started')"
expect "without a start" 'none' "$(lines | finds attach && echo some || echo none)"

forget_lines
assign "$(task t1 1 SHUTDOWN "$rich")"
expect "it is stopped" '' "$(until_line 'task t1 640 shutdown \[\] code=137')"
expect "after draining" $'*draining\n*detach\n*task t1 640*' "$(lines)"
expect "the container stays" '*web.1.t1*' "$(podman_api GET '/containers/json?all=1')"

forget_lines
assign "$(task t2 2 RUNNING '"args":["sh","-c","exit 3"]')" "$(task t3 3 RUNNING '"args":["true"]')" "$(task t4 4 RUNNING '"args":["nosuch"]')" \
  "$(task t5 5 RUNNING '"image":"localhost/nosuch"' | sed 's/"image":"busybox",//')"
expect "a failure" '' "$(until_line 'task t2 704 start.* \[task: non-zero exit (3)\] code=3')"
expect "a success" '' "$(until_line 'task t3 576 finished')"
expect "no such command" '' "$(until_line 'task t4 704 starting \[starting container failed: .*exec: "nosuch": executable file not found in $PATH')"
expect "an image that is nowhere" '' "$(until_line 'task t5 768 preparing \[Get "http://localhost/v2/": dial tcp .*: connect: connection refused\]')"
assign "$(task t9 9 RUNNING "\"args\":[\"true\"],\"mounts\":[{\"type\":\"BIND\",\"source\":\"$folder/nosuch\",\"target\":\"/d\"}]")"
expect "no such folder" '' "$(until_line 'task t9 768 preparing \[invalid mount config for type "bind": bind source path does not exist: ')"
expect "which is not made" 'none' "$([ -e "$folder/nosuch" ] && echo made || echo none)"
expect "the one before is removed" 'gone' "$(for _ in $(seq 300); do podman_api GET '/containers/json?all=1' | finds web.1.t1 || { echo gone; break; }; pause; done)"

forget_lines
check() { echo "\"args\":[\"sleep\",\"1000\"],\"stopSignal\":\"SIGKILL\",\"healthcheck\":{\"test\":[\"CMD-SHELL\",\"$1\"],\"interval\":\"0.2s\",\"retries\":2}"; }
assign "$(task t6 6 RUNNING "$(check 'exit 1')")" "$(task t7 7 RUNNING "$(check 'test ! -e /tmp/ill')")"
expect "never healthy" '' "$(until_line 'task t6 704 starting \[task: non-zero exit (137): dockerexec: unhealthy container\]')"
expect "healthy" '' "$(until_line 'task t7 512 started')"
in_container web.7.t7 'touch /tmp/ill' >/dev/null
expect "no longer healthy" '' "$(until_line 'task t7 704 started \[task: non-zero exit (137): dockerexec: unhealthy container\]')"

forget_lines
assign
left() { podman_api GET '/containers/json?all=1'; ls "$folder/state/files" /run/netns; }
expect "nothing is left" $'[]\n/run/netns:\n\n*/files:' "$(for _ in $(seq 300); do [ "$(left | grep -c .)" = 3 ] && break; pause; done; left)"

[ $failures = 0 ] || { echo "--- daemon"; cat "$folder/out"; tail -40 "$folder/daemon.log"; }
exit $((failures > 0))
