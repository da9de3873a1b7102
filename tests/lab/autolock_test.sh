#!/bin/bash
# Autolock, with our CLI and with Docker's: a manager that starts again wants the unlock key; meanwhile it serves nothing
# of the swarm, and containers go on. Wrong, old and lost keys; kill -9 in the middle of rotations.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"

locked='Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock" to unlock it.'
state() { one info --format '{{.Swarm.LocalNodeState}}' | tr -d '\r'; }
is_state() { [ "$(state)" = "$1" ]; }
unlock() { on host-1 sh -c "printf '%s\n' \"\$1\" | $cli swarm unlock" - "$1"; }
key() { one swarm unlock-key -q | tr -d '\r'; }
restart() {
  skein lab kill "$lab" host-1
  skein lab start "$lab" host-1
}
# Host 2's container reaches host 1's by its address, the service by its virtual address; and host 1's by name.
answers() { inside there timeout 2 curl -sf -o "$work/page" "http://$1/"; }
path_works() { answers "$(address here)" && inside here timeout 2 curl -sf -o "$work/page" "http://$(address there)/"; }
service_works() { inside here timeout 2 curl -sf -o "$work/page" "http://$vip/"; }
# in_the_files TEXT: in any file of the swarm's folder.
in_the_files() { on host-1 sh -c 'grep -rlaF -- "$1" /var/lib/skein/swarm || true' - "$1" | finds .; }
# is_key_in_the_files KEY: its bytes, in any form that a file may have them.
is_key_in_the_files() {
  on host-1 python3 -c 'import base64, pathlib, sys
text = sys.argv[1].removeprefix("SWMKEY-1-")
key = base64.b64decode(text + "=" * (-len(text) % 4))
files = [file.read_bytes() for file in pathlib.Path("/var/lib/skein/swarm").rglob("*") if file.is_file()]
assert files
sys.exit(not any(form in file for file in files for form in (key, text.encode(), key.hex().encode())))' "$1"
}
keys=/var/lib/skein/swarm/certificates/swarm-node.key
# is_store_key_renewed: it is of the unlock key's time, and nothing needs the one of before.
is_store_key_renewed() {
  on host-1 awk -F ': ' '{ has[$1] = $2 } END { exit !(has["store-key-version"] == has["kek-version"] && !("store-key-earlier" in has)) }' "$keys"
}
# rotate_silently: by the API, without asking for the new key.
rotate_silently() {
  on host-1 python3 -c 'import http.client, json, socket
class Api(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/run/skein/skein.sock")
def ask(method, path, body=None):
    api = Api("d")
    api.request(method, path, body, {"Content-Type": "application/json"})
    answer = api.getresponse()
    text = answer.read()
    assert answer.status == 200, text
    return text
swarm = json.loads(ask("GET", "/swarm"))
ask("POST", "/swarm/update?rotateManagerUnlockKey=true&version=%d" % swarm["Version"]["Index"], json.dumps(swarm["Spec"]))'
}

for cli in "${long_clis[@]}"; do
  echo "-- $cli: autolock is turned on, and the key is shown"
  start_swarm 2
  start_container host-1 here
  start_container host-2 there
  one service create -q --name web --replicas 2 --network appnet skein/lab "${page_server[@]}" >/dev/null
  within 30 resolve here web
  vip=$(resolve here web | sed -n 1p)
  within 10 service_works
  expect_error "no unlock key is set" one swarm unlock-key
  expect_error "cannot rotate because autolock is not turned on" one swarm unlock-key --rotate
  expect_error "Error: swarm is not locked" unlock SWMKEY-1-x
  token=$(one swarm join-token -q worker | tr -d '\r')
  if in_the_files "$token"; then fail "the store holds the join token in clear"; fi
  in_the_files "BEGIN PRIVATE KEY" || fail "what is in clear is not found"
  on host-1 cp "$keys" /root/keys-of-before
  expect "SWMKEY-1-" one swarm update --autolock
  first=$(key)
  within 20 is_store_key_renewed
  if in_the_files "BEGIN PRIVATE KEY"; then fail "the private key is in clear"; fi
  if is_key_in_the_files "$first"; then fail "the unlock key is on the disk"; fi
  expect true one info --format '{{.Swarm.Cluster.Spec.EncryptionConfig.AutoLockManagers}}'

  echo "-- $cli: after a restart it says that it is locked, and containers go on"
  restart
  within 20 is_state locked
  expect_error "$locked" one node ls
  expect_error "$locked" one service ls
  expect_error "$locked" one swarm unlock-key
  expect_error "$locked" one secret ls
  expect_error "$locked" one network create --driver overlay another
  expect_error "already part of a swarm" one swarm init --advertise-addr 192.168.1.11
  expect_error "Swarm is encrypted and locked. Please unlock it first or use \`--force\` to ignore this message." one swarm leave
  expect "here" one ps
  one run --rm skein/lab true >/dev/null || fail "a container without the swarm"
  # Longer than the patience of a host that starts, for what others have not told.
  end=$((SECONDS + 35))
  while [ "$SECONDS" -lt "$end" ]; do
    path_works || fail "the path between containers while it is locked"
    service_works || fail "the service while it is locked"
    pause 1
  done
  [ -n "$(resolve here web)" ] || fail "names while it is locked"
  resolves here there || fail "the other host's name while it is locked"

  echo "-- $cli: wrong keys are refused, the right one opens it"
  expect_error "swarm could not be unlocked: invalid key provided" unlock "SWMKEY-1-$(head -c 32 /dev/zero | base64 | tr -d =)"
  expect_error "swarm could not be unlocked: invalid key provided" unlock SWMKEY-1-YWJj
  expect_error "invalid key string" unlock ""
  is_state locked || fail "it is $(state)"
  unlock "$first" >/dev/null
  within 30 are_ready 2
  [ "$(key)" = "$first" ] || fail "another key"
  expect web one service ls
  path_works
  service_works

  echo "-- $cli: a rotated key replaces the earlier one"
  expect "Successfully rotated manager unlock key." one swarm unlock-key --rotate
  second=$(key)
  [ "$second" != "$first" ] || fail "the same key"
  restart
  within 20 is_state locked
  expect_error "invalid key provided" unlock "$first"
  unlock "$second" >/dev/null
  within 30 are_ready 2

  echo "-- $cli: who has the store's key of before reads nothing that is there now"
  within 20 is_store_key_renewed
  skein lab kill "$lab" host-1
  on host-1 cp "$keys" /root/keys-of-now
  on host-1 cp /root/keys-of-before "$keys"
  skein lab start "$lab" host-1
  expect "an encrypted object of the store cannot be opened" cat "/run/skein-lab/$lab/host-1/skeind.log"
  expect_error "" one node ls
  skein lab kill "$lab" host-1
  on host-1 cp /root/keys-of-now "$keys"
  skein lab start "$lab" host-1
  within 20 is_state locked
  unlock "$second" >/dev/null
  within 30 are_ready 2

  echo "-- $cli: a key that nobody was shown locks nothing"
  rotate_silently
  restart
  within 20 is_state locked
  unlock "$second" >/dev/null
  within 30 are_ready 2
  third=$(key)
  [ "$third" != "$second" ] || fail "no new key"
  restart
  within 20 is_state locked
  expect_error "invalid key provided" unlock "$second"
  unlock "$third" >/dev/null
  within 30 are_ready 2

  echo "-- $cli: kill -9 in the middle of rotations: one of the keys that were shown opens it"
  last=$third
  for round in 1 2 3 4 5; do
    on host-1 sh -c "for i in 1 2 3 4 5 6 7 8 9; do $cli swarm unlock-key --rotate -q || exit 0; done" >"$work/keys" 2>/dev/null &
    rotating=$!
    pause "0.$((RANDOM % 9 + 1))"
    restart
    wait "$rotating" || true
    within 20 is_state locked
    # One that was made and not shown does not count yet.
    opened=no
    for candidate in "$last" $(tail -n 2 "$work/keys" | tr -d '\r'); do
      if unlock "$candidate" >/dev/null 2>&1; then opened=yes && break; fi
    done
    [ "$opened" = yes ] || fail "round $round: no key that was shown opens it: $last $(cat "$work/keys")"
    within 30 are_ready 2
    last=$(key)
    within 20 is_store_key_renewed
  done

  echo "-- $cli: without autolock it starts by itself"
  one swarm update --autolock=false >/dev/null
  restart
  within 30 are_ready 2
  expect_error "no unlock key is set" one swarm unlock-key

  echo "-- $cli: who has lost the key leaves by force, and the task's containers go"
  one swarm update --autolock >/dev/null
  restart
  within 20 is_state locked
  one swarm leave --force >/dev/null
  is_state inactive || fail "it is $(state)"
  [ -z "$(one ps -aq --filter label=com.docker.swarm.task.id)" ] || fail "tasks are left: $(one ps -a)"
  expect "SWMKEY-1-" one swarm init --autolock --advertise-addr 192.168.1.11
  another=$(key)
  restart
  within 20 is_state locked
  expect_error "invalid key provided" unlock "$last"
  unlock "$another" >/dev/null
  within 30 are_ready 1
  skein lab down "$lab" >/dev/null
done
