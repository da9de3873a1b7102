#!/bin/bash
# Who can sign certificates owns the swarm. When that key may have leaked, its owner must be able to replace it while
# everything runs: with our CLI and with Docker's, through the death of any daemon, without locking out a host.
# ROTATE_ROUNDS (default 1): how often all daemons are killed in the middle of one.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# The key of a node's issuer, and its root, as `node inspect` shows them.
issuers() { one node inspect --format '{{.Description.TLSInfo.CertIssuerPublicKey}} {{.Description.TLSInfo.TrustRoot}}' "$1"; }
root() { one swarm ca; }
rotation_is_open() { one info --format '{{.Swarm.Cluster.RootRotationInProgress}}' | finds true; }
rotation_is_over() { one info --format '{{.Swarm.Cluster.RootRotationInProgress}}' | finds false; }
is_down() { one node ls --format '{{.Hostname}} {{.Status}}' | finds "$1 Down"; }
make_lab 3
openssl ecparam -name prime256v1 -genkey -noout -out "$work/key.pem"
openssl req -x509 -new -key "$work/key.pem" -subj /O=ours/CN=root -days 3650 -sha256 -out "$work/cert.pem"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/other.pem"
for file in key.pem cert.pem other.pem; do on host-1 sh -c "cat >/run/$file" <"$work/$file"; done

for cli in "${long_clis[@]}"; do
  one swarm init --advertise-addr 192.168.1.11 >/dev/null
  old_token=$(one swarm join-token -q worker)
  two swarm join --token "$old_token" 192.168.1.11:2377 >/dev/null
  one network create --driver overlay --attachable appnet >/dev/null
  two run -d --name web --network appnet skein/lab httpd -f -p 80 -h /www >/dev/null
  one run -d --name box --network appnet skein/lab httpd -f -p 80 -h /www >/dev/null
  old_root=$(root)

  echo "-- $cli: what cannot be rotated to is refused"
  expect_error 'flag requires the `--rotate` flag to update the CA' one swarm ca --cert-expiry 2h
  expect_error "the --ca-cert flag requires that a --ca-key flag and/or --external-ca flag be provided as well" one swarm ca --rotate --ca-cert /run/cert.pem
  expect_error "external CA" one swarm ca --rotate --external-ca protocol=cfssl,url=https://ca.example

  echo "-- $cli: a rotation reaches every host, and containers do not notice"
  on host-1 "$cli" exec box ping -c 60 -i 0.1 web >"$work/ping" 2>&1 &
  ping=$!
  one swarm ca --rotate >"$work/out" 2>&1 || fail "rotate: $(cat "$work/out")"
  grep -q '^desired root digest: sha256:' "$work/out" || fail "rotate said: $(cat "$work/out")"
  new_root=$(root)
  [ "$new_root" != "$old_root" ] || fail "the root is as before"
  [[ $(cat "$work/out") = *"$new_root" ]] || fail "rotate does not end with the new root: $(cat "$work/out")"
  first=$(issuers host-1)
  [[ $first = *"$new_root"* ]] || fail "host-1 has another root: $first"
  [ "$(issuers host-2)" = "$first" ] || fail "host-2 differs: $(issuers host-2)"
  are_ready 2 || fail "node ls: $(one node ls)"
  wait "$ping" || true
  grep -q ' 0% packet loss' "$work/ping" || fail "pings were lost: $(cat "$work/ping")"
  expect "Hello" one exec box timeout 5 wget -qO- http://web/
  expect "Hello" one run --rm --network appnet skein/lab timeout 5 wget -qO- http://web/

  echo "-- $cli: the old token leads nowhere, the new one joins"
  new_token=$(one swarm join-token -q worker)
  expect_error "remote CA does not match fingerprint. Expected: " three swarm join --token "$old_token" 192.168.1.11:2377
  expect "This node joined a swarm as a worker." three swarm join --token "$new_token" 192.168.1.11:2377

  echo "-- $cli: a rotation waits for a host that is down, through a restart of the manager, and for the newest root"
  skein lab kill "$lab" host-2 >/dev/null
  one swarm ca --rotate --detach
  rotation_is_open || fail "over although host-2 is down: $(one info)"
  skein lab kill "$lab" host-1 >/dev/null
  skein lab start "$lab" host-1 >/dev/null
  rotation_is_open || fail "forgotten by the manager: $(one info)"
  one swarm ca --rotate --detach --cert-expiry 3h
  skein lab start "$lab" host-2 >/dev/null
  within 40 rotation_is_over
  within 40 are_ready 3
  expect "Expiry Duration: 3 hours" one info

  echo "-- $cli: daemons killed in the middle come back, and it ends"
  for round in $(seq "${ROTATE_ROUNDS:-1}"); do
    before=$(root)
    one swarm ca --rotate -d
    for host in host-2 host-1 host-3; do
      pause "0.0$((RANDOM % 10))"
      skein lab kill "$lab" "$host" >/dev/null
      skein lab start "$lab" "$host" >/dev/null
    done
    within 40 rotation_is_over
    [ "$(root)" != "$before" ] || fail "round $round: the root is as before"
    within 40 are_ready 3
  done
  expect "Hello" two exec web timeout 5 wget -qO- http://box/

  echo "-- $cli: a host that never comes back is removed, and cannot return"
  skein lab kill "$lab" host-3 >/dev/null
  one swarm ca --rotate -d
  within 40 is_down host-3
  rotation_is_open || fail "over although host-3 is down"
  one node rm host-3 >/dev/null
  within 40 rotation_is_over
  skein lab start "$lab" host-3 >/dev/null
  within 40 on host-3 sh -c "$cli info --format '{{.Swarm.Error}}' | grep ."
  are_ready 2 || fail "host-3 is back: $(one node ls)"
  three swarm leave --force >/dev/null

  echo "-- $cli: to a root of the user's, and back"
  one swarm ca --rotate --quiet --ca-cert /run/cert.pem --ca-key /run/key.pem >"$work/out" || fail "own root: $(cat "$work/out")"
  [ ! -s "$work/out" ] || fail "not quiet: $(cat "$work/out")"
  [ "$(root)" = "$(cat "$work/cert.pem")" ] || fail "the root is $(root)"
  expect_error "certificate key mismatch" one swarm ca --rotate -d --ca-cert /run/cert.pem --ca-key /run/other.pem
  one swarm ca --rotate >/dev/null || fail "back to a root of the swarm's"
  are_ready 2 || fail "node ls: $(one node ls)"

  two rm -f web >/dev/null
  one rm -f box >/dev/null
  two swarm leave >/dev/null
  one swarm leave --force >/dev/null
done
