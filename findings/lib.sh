# shellcheck shell=bash disable=SC2034
# What the scripts here share: pinned packages, a folder and namespaces that go away, and Podman in them. To be sourced.
set -euo pipefail

fail() { echo "NOT AS THE HEADER SAYS: $*" >&2; exit 1; }
finds() { [ "$(grep -c "$@")" != 0 ]; } # reads its input to the end, so that no writer dies of SIGPIPE
pause() { read -rt 0.1 <> <(:) || true; }
# within SECONDS COMMAND…: until it succeeds
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || fail "not in time: $*"
    pause
  done
}

# packages NAME[=VERSION]…: installs those that are not there, in that version if one is given, and says which they are.
packages() {
  [ -z "${FINDING_FOLDER:-}" ] || return 0
  local missing=() package version
  for package; do
    version=$(dpkg-query -W -f '${Version}' "${package%%=*}" 2>/dev/null) || version=
    case $package in *=*) [ "$version" = "${package#*=}" ] ;; *) [ -n "$version" ] ;; esac || missing+=("$package")
  done
  if [ ${#missing[@]} != 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --allow-downgrades "${missing[@]}" >/dev/null
  fi
  echo "packages: $*; Linux $(uname -r)"
}

# Goes on in mounts, processes and a network of the script's own, by running it anew. Sets `folder`, removed at the end.
alone() {
  folder=${FINDING_FOLDER:-}
  if [ -n "$folder" ]; then
    ip link set lo up
    return
  fi
  [ "$(id -u)" = 0 ] || { echo "needs root" >&2; exit 1; }
  folder=$(mktemp -d)
  trap 'rm -rf --one-file-system "$folder"' EXIT
  local status=0
  FINDING_FOLDER=$folder unshare --mount --propagation private --net --pid --fork --kill-child --mount-proc \
    bash "$0" || status=$?
  exit "$status"
}

podman_packages=(podman=4.3.1+ds1-8+deb12u1+b3 conmon=2.1.6+ds1-1 crun=1.8.1-1+deb12u1 busybox-static curl)
image=example.org/team/app:latest
# Podman with a configuration, storage and run-time folders of its own, and an image made of busybox.
prepare_podman() {
  if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi # crun wants one version of cgroups
  mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /dev/shm && mkdir -p /run/lock
  export CONTAINERS_CONF=$folder/containers.conf CONTAINERS_STORAGE_CONF=$folder/storage.conf
  printf '%s\n' '[containers]' 'default_ulimits=["nofile=1024:1024","nproc=1024:1024"]' 'netns="none"' \
    '[engine]' 'cgroup_manager="cgroupfs"' 'events_logger="file"' 'runtime="crun"' >"$CONTAINERS_CONF"
  printf '%s\n' '[storage]' 'driver="overlay"' "graphroot=\"$folder/storage\"" 'runroot="/run/storage"' >"$CONTAINERS_STORAGE_CONF"
  trap finish_podman EXIT
  mkdir -p "$folder/root/bin"
  cp /bin/busybox "$folder/root/bin/"
  for applet in sh sleep true; do ln -s busybox "$folder/root/bin/$applet"; done
  tar -C "$folder/root" -c . | podman import -q - "$image" >/dev/null
  podman --version
}
# Its API at $folder/podman.sock.
serve_podman() {
  podman system service -t 0 "unix://$folder/podman.sock" & service=$!
  export DOCKER_HOST=unix://$folder/podman.sock
  within 20 curl -sfo "$folder/ping" --unix-socket "$folder/podman.sock" http://d/_ping
}
finish_podman() {
  podman rm -fa -t 0 >/dev/null 2>&1 || true
  if [ -n "${service:-}" ]; then kill "$service" || true; wait "$service" || true; fi
  umount -R "$folder/storage/overlay" 2>/dev/null || true
}
# api METHOD PATH [BODY]: both halves of the answer, body and status.
api() {
  curl -s --max-time 30 --unix-socket "$folder/podman.sock" -X "$1" -H 'Content-Type: application/json' \
    ${3:+-d "$3"} -w ' %{http_code}' "http://d/v1.41$2" | tr -d '\n'
}
