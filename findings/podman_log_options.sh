#!/bin/bash
# Expected: a container with a log option that its driver does not take is refused when it is made, as Docker does, or its start says
# which option it was. One whose log has reached `max-size` still shows lines up to about that size.
# Happens: over the API the container is made (201), and its start fails with "write child: broken pipe" and nothing else. The reason
# stands in the output of the process that was to keep the log, which nobody passes on. A log that reaches its size is emptied: what
# is shown right after is the last line or two.
# Version: Podman 4.3.1, conmon 2.1.6.
# Why it matters: `tag`, which Docker's users set for json-file, stops every start for a reason that is nowhere. And of a program that
# ends with an error just after the limit, the error's context is gone.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages "${podman_packages[@]}"
alone
prepare_podman
serve_podman

# body OPTIONS COMMAND
body() { echo "{\"Image\":\"$image\",\"Cmd\":[\"sh\",\"-c\",\"$2\"],\"HostConfig\":{\"LogConfig\":{\"Type\":\"k8s-file\",\"Config\":$1}}}"; }
made=$(api POST "/containers/create?name=tagged" "$(body '{"tag":"x"}' true)")
started=$(api POST /containers/tagged/start)
echo "create: $made"
echo "start: $started"

# shown LINES: so many of them are in the log of a container that has written them
shown() {
  api POST "/containers/create?name=talker$1" "$(body '{"max-size":"4k"}' "i=1; while [ \$i -le $1 ]; do echo line; i=\$((i + 1)); done")" >"$folder/made"
  api POST "/containers/talker$1/start" >>"$folder/made"
  podman wait "talker$1" >"$folder/waited"
  podman logs "talker$1" | wc -l
}
written=60
while [ "$(shown $written)" = $written ] && [ $written -lt 120 ]; do written=$((written + 1)); done
left=$(podman logs "talker$written" | wc -l)
echo "max-size=4k: $((written - 1)) lines are all shown, of $written there are $left"

[[ $made = *'"Warnings":[]} 201' ]] || fail "$made"
[ "$started" = '{"cause":"broken pipe","message":"write child: broken pipe","response":500} 500' ] || fail "$started"
[ "$written" -lt 120 ] && [ "$left" -le 2 ] || fail "$left of $written"
echo "as the header says"
