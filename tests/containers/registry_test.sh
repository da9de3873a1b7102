#!/bin/bash
# A registry with a password, by plain HTTP and by TLS: login, push, pull, digests and tasks, with our client and with
# Docker's. Debian's docker-registry, which `./dev` fetches, on the loopback; a real Podman in private mounts.
# Usage: registry_test.sh [path of container_api_daemon]
# shellcheck source=tests/containers/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
program=$(command -v docker-registry || echo "$(dirname "$(readlink -f "$0")")/../../build/docker-registry/usr/bin/docker-registry")
[ -x "$program" ] || { echo "SKIPPED: no docker-registry here; ./dev registry fetches it"; exit 0; }
enter container_api_daemon "$@"
socket=/run/skein/skein.sock
registry_pid=
end_registry() { [ -z "$registry_pid" ] || kill "$registry_pid" 2>/dev/null; }
trap 'end_registry; finish' EXIT

# start_registry plain|tls: at $place
start_registry() {
  local tls=''
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  place=127.0.0.1:$port
  python3 -W ignore -c 'import crypt; print("user:" + crypt.crypt("pass:word", crypt.mksalt(crypt.METHOD_BLOWFISH)))' >"$folder/htpasswd"
  if [ "$1" = tls ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=registry -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
    tls="
  tls: {certificate: $folder/cert.pem, key: $folder/key.pem}"
  fi
  echo "version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $folder/registry-$1}}
http:
  addr: $place$tls
auth: {htpasswd: {realm: test, path: $folder/htpasswd}}" >"$folder/registry.yml"
  "$program" serve "$folder/registry.yml" >"$folder/registry.log" 2>&1 &
  registry_pid=$!
  disown
  for _ in $(seq 300); do
    [ "$(curl -sk --max-time 2 -o "$folder/answer" -w '%{http_code}' "$scheme://$place/v2/")" = 401 ] && return
    pause
  done
  echo "the registry does not come up"; cat "$folder/registry.log"; exit 1
}
header() { printf '%s' "$1" | base64 -w0 | tr '+/' '-_'; }
# with HEADER METHOD PATH [BODY]
with() { curl -s --max-time 60 --unix-socket $socket -X "$2" -H "X-Registry-Auth: $1" -H 'Content-Type: application/json' ${4:+-d "$4"} -w '\n%{http_code}' "http://d/v1.41$3"; }

# What clients send, and what they are told.
over_http() {
  local image=$place/team/app:1 good wrong digest
  good=$(header '{"username":"user","password":"pass:word","serveraddress":"'"$place"'"}')
  wrong=$(header '{"username":"user","password":"other"}')
  expect "a login" '{"IdentityToken":"","Status":"Login Succeeded"}*200' "$(api POST /auth '{"username":"user","password":"pass:word","serveraddress":"'"$place"'"}')"
  expect "a wrong password" "*login attempt to $scheme://$place/v2/ failed with status: 401 Unauthorized*500" "$(api POST /auth '{"username":"user","password":"x","serveraddress":"'"$place"'"}')"
  expect "a registry that is down" '*Get \\"http://127.0.0.1:1/v2/\\": dial tcp 127.0.0.1:1: connect: connection refused*500' "$(api POST /auth '{"username":"user","password":"x","serveraddress":"127.0.0.1:1"}')"
  api POST "/images/busybox/tag?repo=$place/team/app&tag=1" >/dev/null
  expect "a push without credentials" '*"error":"unauthorized: authentication required"*' "$(with '' POST "/images/$place/team/app/push?tag=1")"
  expect "a push with them" '*200' "$(with "$good" POST "/images/$place/team/app/push?tag=1" | sed 's/"error"/FAILED/')"
  digest=$(curl -sk -u user:pass:word -H 'Accept: application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json' -o "$folder/manifest" -D - "$scheme://$place/v2/team/app/manifests/1" | tr -d '\r' | sed -n 's/^docker-content-digest: //Ip')
  expect "it has a digest" 'sha256:*' "$digest"
  expect "the daemon knows it" '*"digest":"'"$digest"'"*"Platforms":\[{"architecture":"amd64","os":"linux"}\]*200' "$(with "$good" GET "/distribution/$image/json")"
  expect "by its digest" '*"digest":"'"$digest"'"*200' "$(with "$good" GET "/distribution/$place/team/app@$digest/json")"
  expect "to nobody without credentials" '{"message":"Head \\"'"$scheme://$place/v2/team/app/manifests/1"'\\": no basic auth credentials"}*500' "$(api GET "/distribution/$image/json")"
  expect "nor with wrong ones" '*unauthorized: authentication required*401' "$(with "$wrong" GET "/distribution/$image/json")"
  expect "what is not there" '*manifest unknown*404' "$(with "$good" GET "/distribution/$place/team/app:2/json")"
  expect "a header that is none" '*no basic auth credentials*500' "$(with '!' GET "/distribution/$image/json")"
  api DELETE "/images/$image" >/dev/null
  expect "a pull without credentials" '{"message":"unauthorized: authentication required"}*500' "$(api POST "/images/create?fromImage=$place/team/app&tag=1")"
  expect "a pull of what is not there" '{"message":"manifest for '"$place"'/team/app:9 not found: manifest unknown: manifest unknown"}*404' "$(with "$good" POST "/images/create?fromImage=$place/team/app&tag=9")"
  expect "a pull from nobody" '{"message":"Get \\"http://127.0.0.1:1/v2/\\": dial tcp 127.0.0.1:1: connect: connection refused"}*500' "$(api POST "/images/create?fromImage=127.0.0.1:1/app&tag=1")"
  expect "the image is not there" '*No such image*404' "$(api GET "/images/$image/json")"
  expect "a pull with them" '*200' "$(with "$good" POST "/images/create?fromImage=$place/team/app&tag=1")"
  expect "the image is there" '*"RepoTags":\[*"'"$image"'"*200' "$(api GET "/images/$image/json")"
  api DELETE "/images/$image" >/dev/null
  expect "no password in the log" 0 "$(grep -c 'pass:word' "$folder/daemon.log")"
}

# The same with a client, which keeps the credentials: client NAME
over_a_client() {
  local image=$place/team/app:1
  export DOCKER_HOST=unix://$socket DOCKER_CONFIG=$folder/config-$1-$scheme
  expect "$1: login, wrong" '*Unauthorized*rc=1' "$(echo other | { "$1" login -u user --password-stdin "$place" 2>&1; echo "rc=$?"; })"
  expect "$1: login" '*Login Succeeded*rc=0' "$(echo pass:word | { "$1" login -u user --password-stdin "$place" 2>&1; echo "rc=$?"; })"
  expect "$1: it is kept where Docker's client keeps it" "$(printf 'user:pass:word' | base64)" "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["auths"][sys.argv[2]]["auth"])' "$DOCKER_CONFIG/config.json" "$place")"
  "$1" tag busybox "$image"
  expect "$1: push" '*rc=0' "$(run "$1" push "$image")"
  "$1" rmi "$image" >/dev/null 2>&1
  expect "$1: pull" "*$image*rc=0" "$(run "$1" pull "$image")"
  expect "$1: run pulls too" $'*said\nrc=0' "$("$1" rmi "$image" >/dev/null 2>&1; run "$1" run --rm "$image" echo said)"
  "$1" rmi "$image" >/dev/null 2>&1
  expect "$1: logout" '*Removing login credentials for '"$place"'*rc=0' "$(run "$1" logout "$place")"
  expect "$1: then pull is refused" '*rc=1' "$(run "$1" pull "$image")"
}

# A service's tasks, with what the manager passes on of its credentials: as tasks_test.sh has them.
tasks_pull_with_them() {
  local id auth assignments='' image=$place/team/app:1
  for id in with without; do
    auth=
    [ $id = without ] || auth=$(header '{"username":"user","password":"pass:word"}')
    assignments+="${assignments:+,}{\"assignment\":{\"task\":{\"id\":\"$id\",\"slot\":1,\"nodeId\":\"node1\",\"serviceId\":\"$id\",\"desiredState\":\"RUNNING\",
      \"serviceAnnotations\":{\"name\":\"$id\"},\"status\":{\"state\":\"ASSIGNED\"},
      \"spec\":{\"container\":{\"image\":\"$image\",\"args\":[\"sleep\",\"1000\"],\"pullOptions\":{\"registryAuth\":\"$auth\"}}}}}}"
  done
  mkdir -p "$folder/state/tasks"
  told() { for _ in $(seq 600); do grep "task $1 [5-9]" "$folder/tasks.out" && return; pause; done; cat "$folder/tasks.out"; }
  # The one without first: what is there already needs no credentials.
  for id in without with; do
    echo "{\"changes\":[$(python3 -c 'import json, sys
print(json.dumps([c for c in json.loads("[" + sys.argv[1] + "]") if c["assignment"]["task"]["id"] == sys.argv[2]])[1:-1])' "$assignments" $id)]}" >"$folder/state/tasks/tasks.json"
    "$(dirname "$daemon")/task_daemon" "$folder/state/tasks" >"$folder/tasks.out" 2>>"$folder/daemon.log" &
    local tasks=$!
    disown
    if [ $id = with ]; then
      expect "a task pulls with its service's credentials" '*task with 512 started*' "$(told with)"
    else
      expect "a task without them is rejected in the words of the registry" "*task without 7*unauthorized: authentication required*" "$(told without)"
    fi
    kill -9 $tasks
  done
  expect "no credentials on the disk" '' "$(grep -rlF "$(header '{"username":"user","password":"pass:word"}')" "$folder/state/tasks" --include='*' --exclude=tasks.json)"
}

make_image
start_daemon
expect "load" '*Loaded image: busybox:latest*200' "$(curl -s --unix-socket $socket --data-binary @"$folder/image.tar" -H 'Content-Type: application/x-tar' -w '\n%{http_code}' http://d/v1.41/images/load)"
for scheme in http https; do
  start_registry "$([ $scheme = https ] && echo tls || echo plain)"
  over_http
  over_a_client skein
  if command -v docker >/dev/null; then over_a_client docker; fi
  end_registry
done
kill_daemon
kill "$(engine_pid)" 2>/dev/null
scheme=http
start_registry plain
tasks_pull_with_them
end_registry
[ $failures = 0 ] || { echo "--- daemon"; tail -20 "$folder/daemon.log"; }
exit $((failures > 0))
