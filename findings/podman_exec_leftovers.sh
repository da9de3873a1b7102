#!/bin/bash
# Expected: when a command run by exec in a container has ended, and the client has its code, no process of it is left.
# Happens: through the API each exec leaves two conmon processes behind for five minutes; `podman exec` leaves none.
# They sleep until they run a clean-up command, after `exec_command_delay` of containers.conf, 300 by default.
# That setting is documented as a wait for the client that asks for the exit code; asking does not end the wait.
# Version: Podman 4.3.1, conmon 2.1.6.
# Why it matters: a check of health every second keeps 600 processes of one container on the host.
# They count against limits of processes, and each of them starts a Podman in the end.
. "$(dirname "$(readlink -f "$0")")/lib.sh"
alone "$@"
packages "${podman_packages[@]}"
prepare_podman
serve_podman
conmon --version | sed -n 1p
# The PID namespace has no other processes than the script's.
monitors() { cat /proc/[0-9]*/comm | grep -c '^conmon$'; }
ended() {
  local state
  state=$(api GET "/exec/$1/json")
  [[ $state = *'"Running":false'* && $state = *'"ExitCode":0'* ]]
}

podman run -d --name box "$image" sleep 1000 >/dev/null
before=$(monitors)
podman exec box true
sleep 1
by_command=$(monitors)
for _ in 1 2 3; do
  id=$(api POST /containers/box/exec '{"Cmd":["true"],"AttachStdout":true}' | grep -o '"Id":"[0-9a-f]*"' | cut -d'"' -f4)
  api POST "/exec/$id/start" '{"Detach":false}' >/dev/null
  within 10 ended "$id"
done
sleep 3
by_api=$(monitors)
echo "conmon processes: $before before, $by_command after podman exec, $by_api three seconds after three ended execs by the API"
delays=$(cat /proc/[0-9]*/cmdline | tr '\0' '\n' | grep -A1 -e '^--exit-delay$' | grep -c '^300$')
echo "processes that are to wait 300 s: $delays"

[ "$before $by_command" = "1 1" ] || fail "podman exec leaves processes"
[ "$by_api" = 7 ] || fail "three execs leave $((by_api - 1)) processes"
[ "$delays" = 6 ] || fail "$delays processes wait 300 s"
echo "as the header says"
