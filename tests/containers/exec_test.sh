#!/bin/bash
# Commands that users run in running containers do what they do on Docker, and are not disturbed by the daemon's death.
# Real Podman and crun. Needs root; everything lives in private mounts and a folder that is removed.
# Usage: exec_test.sh [path of container_api_daemon]
# shellcheck source=tests/containers/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
enter container_api_daemon "$@"
socket=/run/skein/skein.sock
api_version=1.44

# created BODY: the id of an exec in the container
created() { api POST "/containers/${container:-box}/exec" "$1" | sed -n 's/.*"Id":"\([^"]*\)".*/\1/p'; }
# frames: the streams of what comes, each line with the number of its stream; raw: as it comes
frames() { python3 -c 'import sys
data = sys.stdin.buffer.read()
while data:
    size = int.from_bytes(data[4:8], "big")
    for line in data[8:8 + size].decode().splitlines(): print(data[0], line)
    data = data[8 + size:]'; }
start() { curl -s --max-time 60 --unix-socket $socket -H 'Content-Type: application/json' -d "${2:-{\}}" "http://d/v$api_version/exec/$1/start"; }
# What a command prints, in frames.
in_box() { start "$(created "{\"AttachStdout\":true,\"AttachStderr\":true,$1}")" | frames; }
shell() { in_box "${2:+$2,}\"Cmd\":[\"sh\",\"-c\",\"$1\"]"; }
# shown ID EXPRESSION: of an exec's inspection, which Python calls e
shown() { api GET "/exec/$1/json" | sed -n 1p | python3 -c 'import json, sys
print(json.dumps(eval(sys.argv[1], {"e": json.load(sys.stdin)}), sort_keys=True))' "$2"; }
# until COMMAND…: it succeeds
until_true() { for _ in $(seq 300); do "$@" && return; pause; done; echo "never: $*"; return 1; }
ended() { [ "$(shown "$1" "e['Running']")" = false ]; }
process_of() { api GET "/containers/$1/json" | sed -n 1p | python3 -c 'import json, sys; print(json.load(sys.stdin)["State"]["Pid"])'; }
in_root() { cat "/proc/$box/root$1"; }
is_there() { [ -e "/proc/${2:-$box}/root$1" ]; }
# What is written there, once something is.
written() { until_true [ -s "/proc/$box/root$1" ]; in_root "$1"; }
# Processes of crun's that are execs of ours.
runtimes() { for file in $(grep -ls "$box_id" /proc/[0-9]*/cmdline); do tr '\0' ' ' <"$file"; echo; done 2>/dev/null | grep -c '^crun .* exec '; }
have_ended() { [ "$(runtimes)" = 0 ]; }

users() {
  printf 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:34:Web:/srv/web:/bin/sh\n' >"$folder/passwd"
  printf 'root:x:0:\nwww:x:34:\nstaff:x:100:web,other\nadm:x:101:web\n' >"$folder/group"
  shell "$(printf 'printf \\"%s\\" >/etc/passwd; printf \\"%s\\" >/etc/group' "$(sed 's/$/\\\\n/' "$folder/passwd" | tr -d '\n')" "$(sed 's/$/\\\\n/' "$folder/group" | tr -d '\n')")"
  expect "root by default" '1 uid=0(root) gid=0(root)*' "$(in_box '"Cmd":["id"]')"
  expect "by name, with its groups" '1 uid=33(web) gid=34(www) groups=34(www),100(staff),101(adm)' "$(in_box '"Cmd":["id"],"User":"web"')"
  expect "by number, with the same" '1 uid=33(web) gid=34(www) groups=34(www),100(staff),101(adm)' "$(in_box '"Cmd":["id"],"User":"33"')"
  expect "with another group" '1 uid=33(web) gid=100(staff) groups=100(staff)' "$(in_box '"Cmd":["id"],"User":"web:staff"')"
  expect "numbers that nobody has" '1 uid=5 gid=6 groups=6' "$(in_box '"Cmd":["id"],"User":"5:6"')"
  # As Docker's daemon does, it is told when the exec is started, and in its stream.
  expect "an unknown user" '1 unable to find user nosuch: no matching entries in passwd file' "$(in_box '"Cmd":["id"],"User":"nosuch"')"
  expect "an unknown user, detached" '*unable to find user nosuch: no matching entries in passwd file*400' "$(api POST "/exec/$(created '{"Cmd":["id"],"User":"nosuch"}')/start" '{"Detach":true}')"
  expect "an unknown group" '1 unable to find group nosuch: no matching entries in group file' "$(in_box '"Cmd":["id"],"User":"web:nosuch"')"
  local exec
  exec=$(created '{"Cmd":["id"],"User":"nosuch","AttachStdout":true}')
  start "$exec" >/dev/null
  expect "its exit code" '126 False' "$(shown "$exec" "'%s %s' % (e['ExitCode'], e['Running'])" | tr -d '"')"
  expect "HOME is the user's" '1 /srv/web' "$(shell 'echo \"$HOME\"' '"User":"web"')"
  expect "not the container's" '1 /root' "$(shell 'echo \"$HOME\"')"
  expect "nor where it is asked for otherwise" '1 /x' "$(shell 'echo \"$HOME\"' '"Env":["HOME=/x"]')"
  expect "others have no capabilities" '1 CapEff:?0000000000000000' "$(shell 'while read a b; do case $a in CapEff:) echo \"$a $b\";; esac; done </proc/self/status' '"User":"web"')"
  expect "root has the container's" '1 CapEff: 00000000a80425fb' "$(shell 'while read a b; do case $a in CapEff:) echo \"$a $b\";; esac; done </proc/self/status')"
  expect "privileged it has the daemon's" "1 CapEff: $(sed -n 's/^CapPrm:\t//p' /proc/self/status)" "$(shell 'while read a b; do case $a in CapEff:) echo \"$a $b\";; esac; done </proc/self/status' '"Privileged":true')"
  # What the container makes of its files is its own.
  shell 'rm /etc/passwd; ln -s /nosuch/../../../../../../etc/passwd /etc/passwd'
  expect "its files are its own" '1 unable to find user daemon: no matching*' "$(in_box '"Cmd":["id"],"User":"daemon"')"
}

surroundings() {
  local variables='1 A=1
1 B=3
1 C=4
1 HOME=/root
1 HOSTNAME=boxhost
1 PATH=/bin'
  expect "variables" "$variables" "$(in_box '"Cmd":["env"],"Env":["B=3","C=4","nosuch"]' | sort)"
  expect "a variable can be taken out" '' "$(in_box '"Cmd":["env"],"Env":["A"]' | grep A=)"
  expect "the container's folder" '1 /' "$(shell pwd)"
  expect "another folder" '1 /etc' "$(shell pwd '"WorkingDir":"/etc"')"
  local failed='OCI runtime exec failed: exec failed: '
  expect "a folder that is not there" "1 ${failed}unable to start container process: chdir to cwd (\"/nosuch\") set in config.json failed: no such file or directory: unknown" "$(shell pwd '"WorkingDir":"/nosuch"')"
  expect "no folder" '*Cwd must be an absolute path: unknown*500' "$(api POST "/exec/$(created '{"Cmd":["ls"],"WorkingDir":"etc"}')/start" '{"Detach":true}')"
  expect "a missing command" "1 ${failed}unable to start container process: exec: \"nosuch\": executable file not found in \$PATH: unknown" "$(in_box '"Cmd":["nosuch"]')"
  expect "a missing command, detached" '*exec: \\"nosuch\\": executable file not found in $PATH: unknown*400' "$(api POST "/exec/$(created '{"Cmd":["nosuch"]}')/start" '{"Detach":true}')"
  local exec
  exec=$(created '{"Cmd":["nosuch"],"AttachStdout":true}')
  start "$exec" >/dev/null
  expect "its exit code" '127 False 0' "$(shown "$exec" "'%s %s %s' % (e['ExitCode'], e['Running'], e['Pid'])" | tr -d '"')"
  expect "no command" '*No exec command specified*400' "$(api POST /containers/box/exec '{"Cmd":[]}')"
  expect "keys that are none" '*Invalid escape keys (ctrl-zz) provided*500' "$(api POST /containers/box/exec '{"Cmd":["a"],"DetachKeys":"ctrl-zz"}')"
  expect "nothing of the daemon's is open in it" '1 0 1 2 3' "$(shell 'echo $(ls /proc/self/fd)')"
}

terminals() {
  local in_terminal='"Tty":true,"AttachStdin":true,"AttachStdout":true'
  # crun sets it when the command is running already.
  local sized='n=0; until stty size 2>/dev/null | grep . >/dev/null || [ $n = 500 ]; do n=$((n + 1)); sleep 0.01; done; stty size'
  expect "a terminal of the size that is asked for" $'33 77\r' "$(start "$(created "{$in_terminal,\"Cmd\":[\"sh\",\"-c\",\"$sized\"],\"ConsoleSize\":[33,77]}")" '{"Tty":true}')"
  expect "or asked for at the start" $'34 78\r' "$(start "$(created "{$in_terminal,\"Cmd\":[\"sh\",\"-c\",\"$sized\"]}")" '{"Tty":true,"ConsoleSize":[34,78]}')"
  expect "it is a terminal" $'/dev/pts/0\rxterm\r' "$(start "$(created "{$in_terminal,\"Cmd\":[\"sh\",\"-c\",\"tty; echo \$TERM\"]}")" '{"Tty":true}' | tr -d '\n')"
  local exec
  exec=$(created "{$in_terminal,\"Cmd\":[\"sh\",\"-c\",\"trap 'stty size >/size; exit 5' WINCH; >/ready; while :; do sleep 0.1; done\"]}")
  expect "detached with a terminal" $'\n200' "$(api POST "/exec/$exec/start" '{"Detach":true,"Tty":true}')"
  until_true is_there /ready
  expect "resize" $'\n200' "$(api POST "/exec/$exec/resize?h=12&w=34")"
  until_true ended "$exec"
  expect "it has heard of it" '12 34' "$(in_root /size)"
  expect "its exit code" '5' "$(shown "$exec" "e['ExitCode']")"
  expect "resize of what has ended" '*no such exec*404' "$(api POST "/exec/$exec/resize?h=12&w=34")"
  expect "resize of what is not there" '*No such exec instance: nosuch*404' "$(api POST "/exec/nosuch/resize?h=12&w=34")"
  python3 - "$socket" "$(created "{$in_terminal,\"Cmd\":[\"sh\",\"-c\",\"read a; >/typed; while [ ! -e /leave ]; do sleep 0.1; done\"],\"DetachKeys\":\"ctrl-x,x\"}")" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(30)
s.connect(sys.argv[1])
body = b'{"Tty":true}'
s.sendall(b"POST /v1.44/exec/%s/start HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (sys.argv[2].encode(), len(body), body))
s.sendall(b"a\n\x18x")
while s.recv(4096): pass
PY
  expect "detach keys end the session" 0 $?
  until_true is_there /typed
  expect "and nothing else" '1' "$(runtimes)"
  shell '>/leave' && until_true have_ended
}

streams() {
  expect "two streams" $'1 out\n2 err' "$(shell 'echo out; sleep 0.1; echo err >&2')"
  local exec
  exec=$(created '{"AttachStdout":true,"Cmd":["sh","-c","sleep 100 & echo hi; exit 6"]}')
  expect "what holds the output open does not hold the end" '1 hi' "$(start "$exec" | frames)"
  expect "nor the exit code" '6' "$(shown "$exec" "e['ExitCode']")"
  exec=$(created '{"AttachStdout":true,"Cmd":["sh","-c","exec >&- 2>&-; sleep 0.3; exit 3"]}')
  start "$exec"
  expect "whoever closes its output runs on" '3' "$(shown "$exec" "e['ExitCode']")"
  exec=$(created '{"AttachStdin":true,"AttachStdout":true,"Cmd":["sh","-c","until [ -e /go ]; do sleep 0.1; done; exit 4"]}')
  expect "before its start" 'None False 0 sh -c,until [[] -e /go ]; do sleep 0.1; done; exit 4 True' "$(shown "$exec" "'%s %s %s %s %s %s' % (e['ExitCode'], e['Running'], e['Pid'], e['ProcessConfig']['entrypoint'], ','.join(e['ProcessConfig']['arguments']), e['OpenStdin'])" | tr -d '"')"
  expect "start" $'\n200' "$(api POST "/exec/$exec/start" '{"Detach":true}')"
  expect "while it runs" 'true' "$(shown "$exec" "e['ExitCode'] is None and e['Running'] and e['Pid'] > 0")"
  expect "it cannot be started twice" "*Exec command $exec is already running*409" "$(api POST "/exec/$exec/start" '{"Detach":true}')"
  expect "its container tells of it" "*$exec*" "$(api GET /containers/box/json | grep -o '"ExecIDs":[^]]*')"
  shell '>/go'
  until_true ended "$exec"
  expect "nor again" "*Exec command $exec has already run*409" "$(api POST "/exec/$exec/start" '{"Detach":true}')"
  expect "with its exit code" '4' "$(shown "$exec" "e['ExitCode']")"
  expect "an unknown one" '*No such exec instance: nosuch*404' "$(api GET /exec/nosuch/json)"
}

# What users of the client see.
over_the_client() {
  export DOCKER_HOST=unix://$socket
  head -c 5000000 /dev/urandom >"$folder/bytes"
  expect "bytes pass both ways as they are" "$(sha256sum <"$folder/bytes")" "$(docker exec -i box cat <"$folder/bytes" | sha256sum)"
  expect "the end of input is passed on" '5000000' "$(docker exec -i box wc -c <"$folder/bytes")"
  expect "exit codes" '42' "$(docker exec box sh -c 'exit 42'; echo $?)"
  expect "a user's" $'uid=33 gid=0(root)*rc=0' "$(run docker exec -u 33 box id)"
  expect "a client that is killed" '' "$(
    docker exec box sh -c '>/begun; sleep 0.5; i=0; while [ $i -lt 3000 ]; do echo 012345678901234567890123456789; i=$((i+1)); done; echo over >/over' >/dev/null & client=$!
    until_true is_there /begun; kill -9 $client; until_true is_there /over)"
  local begun codes
  begun=$(date +%s)
  docker exec -d box true
  expect "events" "*exec_create: true *exec_start: true *exec_die *execID=*exitCode=0*" "$(docker events --since "$begun" --until "$(($(date +%s) + 1))" | tr '\n' ' ')"
  codes=$(for try in $(seq 50); do { docker exec box sh -c "exit $((try % 7))"; code=$?; [ $code = $((try % 7)) ] && echo right || echo "$try: $code"; } 2>&1 & done; wait)
  expect "fifty at once" '50' "$(grep -c right <<<"$codes"; grep -v right <<<"$codes")"
  docker run -d --name dies busybox sleep 1000 >/dev/null
  local dies
  dies=$(process_of dies)
  expect "the container's end ends it" '137' "$(docker exec dies sh -c '>/ready; sleep 1000' & client=$!; until_true is_there /ready "$dies"; docker kill dies >/dev/null; wait $client; echo $?)"
  expect "in a stopped one" '*Container * is not running*rc=1' "$(run docker exec dies true)"
  docker rm dies >/dev/null
  docker pause box >/dev/null
  expect "in a paused one" '*Container box is paused, unpause the container before exec*rc=1' "$(run docker exec box true)"
  docker unpause box >/dev/null
}

open_files() { find "/proc/$pid/fd" | wc -l; }
has_at_most() { [ "$(open_files)" -le "$1" ]; }
leave_nothing() {
  until_true have_ended
  local before exec
  before=$(open_files)
  for _ in $(seq 200); do
    exec=$(created '{"AttachStdout":true,"AttachStderr":true,"Cmd":["true"]}')
    start "$exec" >/dev/null
  done
  # A connection to the engine that is kept for the next question may have come or gone.
  expect "two hundred execs leave no open file" 'few' "$(until_true has_at_most $((before + 4)) && echo few || echo "$before before, $(open_files) after")"
  expect "and no process" '0' "$(runtimes)"
  expect "nor a terminal's socket" '' "$(ls /run/skein/containers/terminals)"
}

outlive_the_daemon() {
  local exec
  exec=$(created '{"AttachStdin":true,"AttachStdout":true,"AttachStderr":true,"Cmd":["sh","-c",">/writing; sleep 1; head -c 3000000 /dev/zero; echo $? >/written"]}')
  start "$exec" >/dev/null & until_true is_there /writing
  local terminal
  terminal=$(created '{"Tty":true,"AttachStdout":true,"Cmd":["sh","-c",">/in-terminal; sleep 1; seq 100000; echo $? >/terminal-written; sleep 1000"]}')
  start "$terminal" '{"Tty":true}' >/dev/null & until_true is_there /in-terminal
  kill_daemon
  expect "what ran writes on without it" '0' "$(written /written)"
  expect "in a terminal, too" '0' "$(written /terminal-written)"
  start_daemon
  echo "$pid" >"$folder/pid"
  expect "the next one knows nothing of it" "*No such exec instance: $exec*404" "$(api GET "/exec/$exec/json")"
  expect "the next one runs others" '1 hi' "$(shell 'echo hi')"
}

make_image
start_daemon
curl -s --unix-socket $socket --data-binary @"$folder/image.tar" -H 'Content-Type: application/x-tar' http://d/v1.41/images/load >/dev/null
api POST '/containers/create?name=box' '{"Image":"busybox","Cmd":["sleep","5000"],"Hostname":"boxhost","Env":["A=1","B=2"],"HostConfig":{"NetworkMode":"none"}}' >/dev/null
api POST /containers/box/start >/dev/null
box=$(process_of box)
box_id=$(api GET /containers/box/json | sed -n 's/.*"Id":"\([0-9a-f]*\)".*/\1/p')
surroundings
users
terminals
streams
if command -v docker >/dev/null; then over_the_client; fi
leave_nothing
outlive_the_daemon
[ $failures = 0 ] || { echo "--- daemon"; tail -40 "$folder/daemon.log"; }
exit $((failures > 0))
