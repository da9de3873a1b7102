#!/bin/bash
# Expected: a container that ran before a reboot is shown as exited afterwards.
# Its code is not 0, since nobody saw its end. Docker shows "Exited (255)".
# Happens: Podman shows it as "created" with exit code 0, like one that was never started.
# Only the start time in its inspection tells the two apart.
# A container that had ended before keeps its state and code.
# A restart policy makes no difference.
# Cause: the first command after the boot resets the state that was lost with /run. It notes no end.
# Version: Podman 4.3.1.
# Why it matters: some tools start again what has "exited". Others prune what was only "created".
# Both do the wrong thing after a reboot.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages "${podman_packages[@]}"
alone
prepare_podman
states() { podman inspect -f '{{.Name}} {{.State.Status}} {{.State.ExitCode}}' ended fresh running watched | paste -sd';'; }

podman create --name fresh "$image" true >/dev/null
podman run --name ended "$image" sh -c 'exit 7' || true
podman run -d --name running "$image" sleep 1000 >/dev/null
podman run -d --name watched --restart on-failure "$image" sleep 1000 >/dev/null
echo "before: $(states)"

# A reboot ends all processes and empties /run, /dev/shm and the mounts; the disk stays.
for name in running watched; do
  kill -9 "$(podman inspect -f '{{.State.ConmonPid}}' "$name")" "$(podman inspect -f '{{.State.Pid}}' "$name")"
done
umount -R "$folder/storage/overlay"
umount -l /run /dev/shm
mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /dev/shm && mkdir -p /run/lock
after=$(states)
echo "after:  $after"
shown=$(podman inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.FinishedAt.Year}}' running)
started=$(podman inspect -f '{{.State.StartedAt.Year}}' running)
echo "inspection: status, code and year of end: $shown; year of start: $started"

[ "$after" = "ended exited 7;fresh created 0;running created 0;watched created 0" ] || fail "other states"
[ "$shown" = "created 0 1" ] || fail "another inspection"
[ "$started" != 1 ] || fail "the start is forgotten"
echo "as the header says"
