#!/bin/bash
# Expected: a command that an exec runs in a terminal finds the terminal in the size that process.json names (consoleSize).
# Happens: it may find no size. crun sets it, from outside, when the command runs already.
# For the first process of a container it sets the size before.
# The race is short; here a tracer holds up crun's calls of ioctl() for half a second each, and only crun's.
# Version: crun 1.8.1.
# Why it matters: what asks for the size once, at its start, wraps its lines wrongly or not at all, now and then.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages crun=1.8.1-1+deb12u1 busybox-static strace=6.1-0.1 python3-minimal
alone
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi # crun wants one version of cgroups
mount -t tmpfs tmpfs /run
bundle=$folder/bundle
mkdir -p "$bundle/rootfs/bin"
cp /bin/busybox "$bundle/rootfs/bin/"
for applet in grep sh sleep stty; do ln -s busybox "$bundle/rootfs/bin/$applet"; done
(cd "$bundle" && crun spec)
process='"cwd": "/", "user": {"uid": 0, "gid": 0}, "env": ["PATH=/bin"]'
python3 - "$bundle/config.json" <<'PY'
import json, sys
spec = json.load(open(sys.argv[1]))
spec["process"].update(terminal=False, args=["sleep", "100"], env=["PATH=/bin"])
spec["linux"].pop("resources", None)
json.dump(spec, open(sys.argv[1], "w"))
PY
cat >"$folder/process.json" <<JSON
{"terminal": true, "consoleSize": {"height": 33, "width": 77}, $process,
 "args": ["sh", "-c", "stty size 2>/dev/null | grep . || echo none; sleep 3; stty size"]}
JSON
# Takes the terminal that crun sends, and shows what comes out of it.
cat >"$folder/terminal.py" <<'PY'
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
listener.settimeout(20)
terminal = socket.recv_fds(listener.accept()[0], 4096, 1)[1][0]
try:
    while piece := os.read(terminal, 4096):
        os.write(1, piece)
except OSError:
    pass
PY
crun --version | sed -n 1p
(cd "$bundle" && crun run -d box)
trap 'crun delete -f box' EXIT
# sizes COMMAND…: what the command in the terminal said, when COMMAND… runs crun.
sizes() {
  rm -f "$folder/console"
  timeout 30 python3 "$folder/terminal.py" "$folder/console" >"$folder/said" & terminal=$!
  within 10 test -S "$folder/console"
  "$@" crun exec --console-socket "$folder/console" -p "$folder/process.json" box
  wait "$terminal"
  tr -d '\r' <"$folder/said" | tr '\n' ' '
}
held_up=$(sizes strace -qq -o "$folder/trace" -e trace=ioctl -e inject=ioctl:delay_enter=500000)
echo "rows and columns at the start, and three seconds later: $held_up"
grep TIOCSWINSZ "$folder/trace"
[ "$held_up" = "none 33 77 " ] || fail "the command finds: $held_up"
echo "as the header says"
