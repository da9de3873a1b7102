#!/bin/bash
# Our manager replaces the keys of gossip as Docker's does: a real dockerd in the swarm takes each new set from its session,
# stays a member, and finds and is found through every rotation; here every three seconds instead of every twelve hours.
# shellcheck source=tests/interop/lib.sh
source "$SKEIN_ROOT/tests/interop/lib.sh"
work=$(mktemp -d)
trap 'skein lab down "$lab" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
printf '#!/bin/sh\nexec "%s" --key-rotation 3s "$@"\n' "$(dirname "$(command -v skein)")/skeind" >"$work/daemon"
chmod 755 "$work" "$work/daemon"
export SKEIN_LAB_DAEMON=$work/daemon
begin

rotated() { grep -c network-keys-rotated "/run/skein-lab/$lab/host-1/skeind.log"; }
has_rotated() { [ "$(rotated)" -ge "$1" ]; }
# The gossip names on appnet.
peers() { one network inspect appnet --format '{{range .Peers}}{{.Name}} {{end}}'; }
are_three() { [ "$(peers | wc -w)" = 3 ]; }

one swarm init --advertise-addr 192.168.1.11 >/dev/null
token=$(one swarm join-token -q worker)
two swarm join --token "$token" 192.168.1.11:2377 >/dev/null
dk swarm join --token "$token" --advertise-addr 192.168.1.101 192.168.1.11:2377 >/dev/null
one network create --driver overlay --attachable appnet >/dev/null
one run -d --name box --network appnet skein/lab httpd -f -p 80 -h /www >/dev/null
two run -d --name web --network appnet skein/lab httpd -f -p 80 -h /www >/dev/null
dk run -d --name dk --network appnet --stop-timeout 1 dkimg httpd -f -p 80 -h /www >/dev/null
eventually are_three
known=$(peers)

for round in 1 2 3; do
  echo "-- round $round: after $(rotated) rotations"
  until=$(($(rotated) + 3))
  eventually has_rotated "$until"
  [ "$(peers)" = "$known" ] || fail "the hosts are $(peers), before: $known"
  two run -d --name "new$round" --network appnet skein/lab httpd -f -p 80 -h /www >/dev/null
  dk run -d --name "dk$round" --network appnet --stop-timeout 1 dkimg httpd -f -p 80 -h /www >/dev/null
  eventually dk exec dk timeout 5 wget -qO- "http://new$round/"
  eventually one exec box timeout 5 wget -qO- "http://dk$round/"
done
is_node Ready || fail "node ls: $(docker_node)"
# What memberlist says of a peer whose keys it has not got, and the agent of keys that it cannot use.
! on client-1 -- grep -E 'No installed keys could decrypt|no primary key found|Marking .* as failed' /var/tmp/dockerd.log ||
  fail "the Engine complains"

two rm -f web new1 new2 new3 >/dev/null
dk rm -f dk dk1 dk2 dk3 >/dev/null
dk swarm leave >/dev/null
stop_dockerd
eventually nothing_of_docker_runs
