#!/bin/bash
# Expected: DELETE /volumes/dat of a Docker-compatible API answers 404 while the only volume is called `data`.
# Docker itself does so. So does Podman's own GET /volumes/dat: "no such volume".
# Happens: Podman answers 204, and `data` is gone with what was in it.
# The call takes any beginning of a name that only one volume has, as the command line documents for `podman volume rm`.
# Inspecting takes whole names only, so asking first does not show what removing would find.
# Version: Podman 4.3.1.
# Why it matters: tools remove volumes again and again until they are gone, as compose and orchestrators do.
# The second removal of `web` is harmless with Docker, and takes `web-database` here.
. "$(dirname "$(readlink -f "$0")")/lib.sh"
alone "$@"
packages "${podman_packages[@]}"
prepare_podman
serve_podman

api POST /volumes/create '{"Name":"web"}' >/dev/null
api POST /volumes/create '{"Name":"web-database"}' >/dev/null
podman run --rm -v web-database:/data "$image" sh -c 'echo precious >/data/file'
file=$(podman volume inspect -f '{{.Mountpoint}}' web-database)/file
echo "web-database holds: $(cat "$file")"

first=$(api DELETE /volumes/web)
asked=$(api GET /volumes/web)
second=$(api DELETE /volumes/web)
echo "DELETE /volumes/web:       $first"
echo "GET    /volumes/web:       $asked"
echo "DELETE /volumes/web again: $second"
left=$(api GET /volumes)
echo "GET    /volumes:           $left"

[[ $first = *204 ]] || fail "the first removal"
[[ $asked = *"no such volume"*404 ]] || fail "the volume can be inspected by the beginning of its name"
[[ $second = *204 ]] || fail "the second removal was refused"
[[ $left = *'"Volumes":[]'*200 ]] || fail "web-database is still there"
[ ! -e "$file" ] || fail "the file is still there"
echo "as the header says"
