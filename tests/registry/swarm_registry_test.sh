#!/bin/bash
# A registry on another machine, by TLS and with a password, and what a swarm of three hosts makes of it: a service whose credentials
# are passed on runs on all hosts; one without them, one with a registry that is down, say why in `service ps`.
program=$(command -v docker-registry || echo "$SKEIN_ROOT/build/docker-registry/usr/bin/docker-registry")
[ -x "$program" ] || { echo "SKIPPED: no docker-registry here; ./dev registry fetches it"; exit 0; }
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
make_lab 3 --clients 1
place=192.168.1.101:5000
one swarm init --advertise-addr 192.168.1.11 >/dev/null
token=$(one swarm join-token -q worker)
for host in host-2 host-3; do on "$host" skein swarm join --token "$token" 192.168.1.11:2377 >/dev/null; done
within 30 are_ready 3

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=registry -addext "subjectAltName=IP:192.168.1.101" \
  -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
python3 -W ignore -c 'import crypt; print("user:" + crypt.crypt("pass:word", crypt.mksalt(crypt.METHOD_BLOWFISH)))' >"$work/htpasswd"
echo "version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: '$place', tls: {certificate: $work/cert.pem, key: $work/key.pem}}
auth: {htpasswd: {realm: test, path: $work/htpasswd}}" >"$work/registry.yml"
start_registry() {
  on client-1 sh -c 'setsid "$1" serve "$2" >"$3" 2>&1 & echo $! >"$4"' - "$program" "$work/registry.yml" "$work/log" "$work/pid"
  within 20 on client-1 curl -sk -o "$work/answer" "https://$place/v2/"
}
stop_registry() { on client-1 kill "$(cat "$work/pid")"; }
start_registry
for host in host-1 host-2 host-3; do
  on "$host" sh -c 'mkdir -p "/etc/docker/certs.d/$1" && cp "$2" "/etc/docker/certs.d/$1/ca.crt"' - "$place" "$work/cert.pem"
done

login() { on host-1 sh -c 'echo "$1" | DOCKER_CONFIG=$2 "$3" login -u user --password-stdin "$4"' - "$1" "$work/$cli" "$cli" "$place"; }
with() { on host-1 env "DOCKER_CONFIG=$work/$cli" "$cli" "$@"; } # who has logged in
runs_on() { [ "$(one service ps --filter desired-state=running --format '{{.Node}} {{.CurrentState}}' "$1" | grep -c 'Running')" = "$2" ]; }
# says SERVICE TEXT: one of its tasks ended with that.
says() { one service ps --no-trunc --format '{{.Error}}' "$1" | finds -F "$2"; }
create() { "$1" service create --detach --name "$2" --replicas 3 --replicas-max-per-node 1 --restart-max-attempts 1 "${@:3}" sleep 1000 >"$work/out" 2>&1 || fail "create $2: $(cat "$work/out")"; }

for cli in "${clis[@]}"; do
  echo "-- $cli: who has logged in pushes, and the service's hosts pull with what is passed on"
  image=$place/team/$cli
  expect_error "401 Unauthorized" login wrong
  expect "Login Succeeded" login pass:word
  for tag in 1 2 3; do
    with tag skein/lab "$image:$tag"
    with push "$image:$tag" >/dev/null
    with rmi "$image:$tag" >/dev/null
  done
  create with "good-$cli" --with-registry-auth "$image:1"
  within 60 runs_on "good-$cli" 3
  expect "@sha256:" one service inspect --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}' "good-$cli"

  echo "-- $cli: without them, and while the registry is down, the task says why"
  create one "bare-$cli" "$image:2"
  within 60 says "bare-$cli" "unauthorized: authentication required"
  stop_registry
  create with "down-$cli" --with-registry-auth "$image:3"
  within 60 says "down-$cli" "dial tcp $place: connect: connection refused"
  start_registry
  with service update --detach --force --with-registry-auth "down-$cli" >/dev/null 2>&1
  within 60 runs_on "down-$cli" 3
  one service rm "good-$cli" "bare-$cli" "down-$cli" >/dev/null
done

echo "-- one that speaks plain HTTP is refused, in Docker's words and with advice"
stop_registry
echo "version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: '$place'}" >"$work/registry.yml"
on client-1 sh -c 'setsid "$1" serve "$2" >"$3" 2>&1 & echo $! >"$4"' - "$program" "$work/registry.yml" "$work/log" "$work/pid"
within 20 on client-1 curl -s -o "$work/answer" "http://$place/v2/"
create one plain "$image:1"
within 60 says plain "http: server gave HTTP response to HTTPS client"
if on host-2 grep -rlF "$(printf '%s' user:pass:word | base64)" /var/lib/skein; then fail "a worker keeps credentials on its disk"; fi
