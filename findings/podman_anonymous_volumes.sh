#!/bin/bash
# Expected: DELETE /libpod/containers/NAME?v=true removes the container's anonymous volumes.
# The reference of Podman's own API gives the parameter this name, as Docker's does.
# Happens: the answer is 200 without an error, the container goes, the volumes stay.
# On this path only `volumes` counts, which the reference leaves out.
# On Docker's path only `v` counts.
# Version: Podman 4.3.1.
# Why it matters: each container of an image with VOLUME leaves its data behind.
# The disk or the table of locks is full some day.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages "${podman_packages[@]}"
alone
prepare_podman
serve_podman

# left PATH PARAMETER: volumes after the removal of a container that had one
left() {
  local answer
  podman create --name box -v /data "$image" true >/dev/null
  answer=$(curl -s --unix-socket "$folder/podman.sock" -X DELETE -w '%{http_code}' "http://d$1/containers/box?$2=true")
  if podman container exists box; then fail "the container is still there: $answer"; fi
  podman volume ls -q >"$folder/volumes"
  podman volume prune -f >/dev/null
  echo "DELETE $1/containers/box?$2=true: status ${answer: -3}, volumes left: $(wc -l <"$folder/volumes")"
}
own_v=$(left /v4.3.1/libpod v)
own_volumes=$(left /v4.3.1/libpod volumes)
docker_v=$(left /v1.41 v)
docker_volumes=$(left /v1.41 volumes)
printf '%s\n' "$own_v" "$own_volumes" "$docker_v" "$docker_volumes"

[[ $own_v = *"status 200, volumes left: 1" ]] || fail "$own_v"
[[ $own_volumes = *"status 200, volumes left: 0" ]] || fail "$own_volumes"
[[ $docker_v = *"status 204, volumes left: 0" ]] || fail "$docker_v"
[[ $docker_volumes = *"status 204, volumes left: 1" ]] || fail "$docker_volumes"
echo "as the header says"
