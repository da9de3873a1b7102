#!/bin/bash
# Expected: DELETE /volumes/web of a Docker-compatible API answers 404 while the only volume is called `web-database`.
# Docker does so. Podman's own GET /volumes/web says "no such volume".
# Happens: Podman answers 204. The volume `web-database` is gone with its content.
# The call takes any beginning of a name that only one volume has. The manual says so of the command `podman volume rm`.
# Inspecting takes whole names only. Asking first does not show what a removal would find.
# Version: Podman 4.3.1.
# Why it matters: tools repeat a removal until the answer is 404.
# The second removal of `web` is harmless with Docker.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages "${podman_packages[@]}"
alone
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
