#!/bin/bash
# Expected: `docker run --rm IMAGE COMMAND` against Podman's Docker-compatible API ends with COMMAND's exit code.
# Happens: it ends with 0, whatever the code was.
# Without --rm the code is right. So is the code of `podman run --rm`.
# Cause: for --rm the docker CLI waits with `condition=removed`. Podman answers such a wait with status code 0.
# The answer has status 200 and no error. A client cannot tell it from success.
# Version: Podman 4.3.1 as the service, docker CLI 20.10.24.
# Why it matters: CI jobs run their checks in throw-away containers.
# They take each failure for a success.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages "${podman_packages[@]}" docker.io=20.10.24+dfsg1-1+deb12u1+b6
alone
prepare_podman
serve_podman
/usr/bin/docker --version

code_of() { "$@" >/dev/null && echo 0 || echo $?; }
with_rm=$(code_of /usr/bin/docker run --rm --network none "$image" sh -c 'sleep 1; exit 7')
kept=$(code_of /usr/bin/docker run --network none "$image" sh -c 'sleep 1; exit 7')
own=$(code_of podman run --rm "$image" sh -c 'sleep 1; exit 7')
echo "docker run --rm, exit 7 inside: $with_rm; docker run without --rm: $kept; podman run --rm: $own"

# The same without a client.
id=$(podman create --rm "$image" sh -c 'sleep 1; exit 7')
api POST "/containers/$id/wait?condition=removed" >"$folder/waited" & waiting=$!
sleep 0.5
podman start "$id" >/dev/null
wait "$waiting"
echo "POST wait?condition=removed: $(cat "$folder/waited")"

[ "$kept $own" = "7 7" ] || fail "a code that should be right is not"
[ "$with_rm" = 0 ] || fail "docker run --rm gave $with_rm"
finds '"StatusCode":0,"Error":null} 200' "$folder/waited" || fail "the wait told something else"
echo "as the header says"
