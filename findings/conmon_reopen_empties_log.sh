#!/bin/bash
# Expected: a monitor that is told to reopen a container's log (message 2 on its `ctl` fifo, as for rotation) opens the log's path
# again. Who has moved the file away gets a new one; who has not keeps what is in it.
# Happens: it makes a new, empty file and renames it over the path. What was written is gone with the file's name, although nobody
# moved it. Only a second name, a hard link given before, keeps it.
# Version: conmon 2.1.6, by Podman 4.3.1.
# Why it matters: to ask twice for one rotation loses what came between; one has to see the new file before one asks again.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages "${podman_packages[@]}"
alone
prepare_podman

mkdir "$folder/words"
podman run -d --name talker --log-driver k8s-file -v "$folder/words:/words" "$image" \
  sh -c 'echo before; while [ ! -e /words/go ]; do sleep 0.1; done; echo after; sleep 60' >"$folder/made"
log=$(podman inspect --format '{{.HostConfig.LogConfig.Path}}' talker)
ctl=$(dirname "$(podman inspect --format '{{.OCIConfigPath}}' talker)")/ctl
has() { finds -F "$1" "$2"; }
within 10 has before "$log"
ln "$log" "$folder/second_name"
inode=$(stat -c %i "$log")

echo "2 0 0" >"$ctl"
is_replaced() { [ "$(stat -c %i "$log")" != "$inode" ]; }
within 10 is_replaced
touch "$folder/words/go"
within 10 has after "$log"
echo "in the log: $(cut -d' ' -f4- "$log" | tr '\n' ' '); by the second name: $(cut -d' ' -f4- "$folder/second_name" | tr '\n' ' ')"
if has before "$log"; then fail "the log kept what was written"; fi
has before "$folder/second_name" || fail "the second name shows nothing"
if has after "$folder/second_name"; then fail "the old file goes on"; fi
echo "as the header says"
