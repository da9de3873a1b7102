#!/bin/bash
# Expected: an ended exec leaves no process once its client has the exit code.
# Happens: each exec by the API leaves two conmon processes for five minutes.
# `podman exec` leaves none.
# They sleep before they run a clean-up command, for the 300 seconds of `exec_command_delay` in containers.conf.
# That setting is described as a wait for the API's client. A client that has asked for the code does not end it.
# Version: Podman 4.3.1, conmon 2.1.6.
# Why it matters: a health check every second keeps 600 processes for one container.
# They count against limits of processes. Each of them starts a Podman in the end.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages "${podman_packages[@]}"
alone
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
