# For the scripts beside this one: private mounts, an image, expectations. To be sourced: `. lib.sh; enter PROGRAM "$@"`.
# Sets `daemon` (the program's path) and `folder` (removed at the end), in a mount namespace of its own.
# shellcheck shell=bash
set -uo pipefail
failures=0 pid=

# Runs the script anew in private mounts, where crun and Podman find what they need.
enter() {
  local program=$1
  shift
  if [ "${1:-}" != inside ]; then
    daemon=${1:-$(command -v "$program")}
    [ -x "$daemon" ] || { echo "$program is not built"; exit 1; }
    folder=$(mktemp -d /var/tmp/skein-containers.XXXXXX)
    local status=0
    unshare --mount --propagation private "$0" inside "$daemon" "$folder" || status=$?
    rm -rf --one-file-system "$folder"
    exit $status
  fi
  daemon=$2 folder=$3
  umount /sys/fs/cgroup/unified 2>/dev/null  # crun refuses hybrid cgroups
  mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /dev/shm && mkdir -p /run/lock /run/netns /run/skein || exit 1
  mount --bind /run/netns /run/netns && mount --make-shared /run/netns
  trap finish EXIT
}

# For the daemon of the containers API, at $socket.
start_daemon() {
  "$daemon" "$socket" "$folder/state" >>"$folder/daemon.log" 2>&1 &
  pid=$!
  disown
  for _ in $(seq 300); do curl -s --max-time 2 --unix-socket "$socket" http://d/_ping >/dev/null && return; pause; done
  echo "the daemon does not come up"; cat "$folder/daemon.log"; exit 1
}
# Until nobody answers at the socket: the signal is delivered, and the next daemon may listen there.
kill_daemon() {
  kill -9 "$pid"
  for _ in $(seq 300); do curl -s --max-time 2 --unix-socket "$socket" http://d/_ping >/dev/null || return 0; pause; done
  echo "the daemon survives kill -9"; exit 1
}
# api METHOD PATH [BODY]: the answer's body, then its status
api() { curl -s --max-time 30 --unix-socket "$socket" -X "$1" -H 'Content-Type: application/json' ${3:+-d "$3"} -w '\n%{http_code}' "http://d/v${api_version:-1.41}$2"; }
# run COMMAND…: output and errors, then the exit code
run() { "$@" 2>&1 </dev/null; echo "rc=$?"; }

finds() { [ "$(grep -c "$@")" != 0 ]; } # reads all, so that no writer dies of SIGPIPE, which pipefail would tell
pause() { read -rt 0.1 <> <(:) || true; }
engine_pid() { sed -n 's/.*event=child-up child=podman why=[a-z]* pid=//p' "$folder/daemon.log" | tail -1; }
finish() {
  kill "$pid" 2>/dev/null
  kill "$(engine_pid)" 2>/dev/null
  # Whatever still runs in our mounts' containers ends with their conmon.
  for process in $(grep -lsF "$folder/state" /proc/[0-9]*/cmdline | cut -d/ -f3); do [ "$process" = $$ ] || kill -9 "$process" 2>/dev/null; done
  umount -R "$folder/state/containers/storage/overlay" 2>/dev/null
}

# expect NAME WANTED GOT: WANTED is a shell pattern
expect() {
  # shellcheck disable=SC2053
  if [[ "$3" == $2 ]]; then echo "ok   $1"; else echo "FAIL $1"; printf '  wanted: %s\n  got:    %s\n' "$2" "$3"; failures=$((failures + 1)); fi
}
make_image() {
  mkdir -p "$folder/root/bin" "$folder/root/etc" "$folder/root/tmp" "$folder/image"
  cp "$(command -v busybox)" "$folder/root/bin/busybox"
  for applet in sh cat echo sleep true ls ps id hostname env stty tty head seq wc sha256sum readlink; do ln -sf busybox "$folder/root/bin/$applet"; done
  echo 'root:x:0:0:root:/root:/bin/sh' >"$folder/root/etc/passwd"
  tar -C "$folder/root" -cf "$folder/image/layer.tar" .
  local layer config
  layer=$(sha256sum <"$folder/image/layer.tar" | cut -d' ' -f1)
  echo '{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["sh"]},"rootfs":{"type":"layers","diff_ids":["sha256:'"$layer"'"]}}' >"$folder/image/config.json"
  config=$(sha256sum <"$folder/image/config.json" | cut -d' ' -f1)
  mv "$folder/image/config.json" "$folder/image/$config.json"
  echo '[{"Config":"'"$config"'.json","RepoTags":["busybox:latest"],"Layers":["layer.tar"]}]' >"$folder/image/manifest.json"
  tar -C "$folder/image" -cf "$folder/image.tar" .
}
