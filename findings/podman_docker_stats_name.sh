#!/bin/bash
# Expected: `docker stats` against Podman's Docker-compatible API shows a container under its name, as `docker ps` does.
# Happens: the first letter is missing: `web1` is shown as `eb1`.
# Docker's daemon writes names with a leading slash, also in the answer to /containers/NAME/stats.
# The docker CLI cuts the first character of that answer's name without looking at it.
# Podman writes the slash in its list and its inspection, but not here.
# Version: Podman 4.3.1 (the service), docker CLI 20.10.24.
# Why it matters: what is read from `docker stats --format` finds no container of that name, and may find another one.
# The column {{.Container}}, which has the id, is right.
. "$(dirname "$(readlink -f "$0")")/lib.sh"
alone "$@"
packages "${podman_packages[@]}" docker.io=20.10.24+dfsg1-1+deb12u1+b6
prepare_podman
serve_podman
/usr/bin/docker --version

podman run -d --name web1 "$image" sleep 1000 >/dev/null
api GET '/containers/web1/stats?stream=false' >"$folder/stats"
api GET /containers/web1/json >"$folder/inspection"
in_stats=$(grep -o '"name":"[^"]*"' "$folder/stats" | sort -u)
in_inspection=$(grep -o '"Name":"/[^"]*"' "$folder/inspection" | sort -u)
echo "GET /containers/web1/stats: $in_stats; GET /containers/web1/json: $in_inspection"
listed=$(/usr/bin/docker ps --format '{{.Names}}')
measured=$(timeout 30 /usr/bin/docker stats --no-stream --format '{{.Name}}')
echo "docker ps: $listed; docker stats: $measured"

[ "$in_stats $in_inspection" = '"name":"web1" "Name":"/web1"' ] || fail "other names in the API"
[ "$listed" = web1 ] || fail "docker ps shows $listed"
[ "$measured" = eb1 ] || fail "docker stats shows $measured"
echo "as the header says"
