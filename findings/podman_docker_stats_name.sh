#!/bin/bash
# Expected: `docker stats` against Podman's API shows a container under the name that `docker ps` shows.
# Happens: the first letter is missing. `web1` is shown as `eb1`.
# Docker's daemon writes names with a leading slash, also in its answer to /containers/NAME/stats.
# The docker CLI cuts the first character of that name without a look at it.
# Podman writes the slash in lists and inspections, but not here.
# Version: Podman 4.3.1 as the service, docker CLI 20.10.24.
# Why it matters: a name from `docker stats --format` belongs to no container, or to another one.
# The column {{.Container}}, which has the id, is right.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages "${podman_packages[@]}" docker.io=20.10.24+dfsg1-1+deb12u1+b6
alone
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
