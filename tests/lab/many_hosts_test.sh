#!/bin/bash
# Two networks over five hosts: every container reaches every other one of its network, none of the other network, and
# the wire between the hosts carries nothing but VXLAN. A host that was cut off is whole again when it comes back.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
per_network=10

# ask HOST METHOD PATH [BODY]: the body of the API's answer, which is no error.
ask() {
  local answer
  answer=$(api "$@")
  [ "${answer##*$'\n'}" -lt 400 ] || fail "$* answered: $answer"
  sed '$d' <<<"$answer"
}
container() { echo "$1-$2"; }
host_of() { echo "host-$(($1 % 5 + 1))"; }
# inside NETWORK NUMBER COMMAND…: in the container's network namespace, with the host's tools.
inside() {
  local name
  name=$(container "$1" "$2")
  local host
  host=$(host_of "$2")
  shift 2
  on "$host" nsenter "--net=$(cat "$work/$name.netns")" "$@"
}

# All jobs in the background but the capture and the servers.
wait_for_jobs() {
  local pids
  mapfile -t pids < <(jobs -p | grep -vxF "$(printf '%s\n' "$capture" "${echoes[@]}")")
  [ ${#pids[@]} = 0 ] || wait "${pids[@]}" || true
}

make_lab 5
ask host-1 POST /swarm/init '{"AdvertiseAddr": "192.168.1.11"}' >/dev/null
token=$(ask host-1 GET /swarm | jq -r .JoinTokens.Worker)
for n in 2 3 4 5; do ask "host-$n" POST /swarm/join "{\"JoinToken\": \"$token\", \"RemoteAddrs\": [\"192.168.1.11:2377\"]}" & done
wait
[ "$(ask host-1 GET /nodes | jq '[.[] | select(.Status.State == "ready")] | length')" = 5 ] || fail "five nodes are not ready"
for network in red blue; do
  ask host-1 POST /networks/create "{\"Name\": \"$network\", \"Driver\": \"overlay\", \"Attachable\": true}" >/dev/null
done

echo "-- $((2 * per_network)) containers on two networks over five hosts"
start() {
  local network=$1 n=$2 host name id
  host=$(host_of "$n")
  name=$(container "$network" "$n")
  id=$(ask "$host" POST "/containers/create?name=$name" "{\"Image\": \"skein/lab\", \"Cmd\": [\"httpd\", \"-f\", \"-p\", \"80\", \"-h\", \"/www\"], \"HostConfig\": {\"NetworkMode\": \"$network\"}}" | jq -r .Id)
  ask "$host" POST "/containers/$id/start"
  ask "$host" GET "/containers/$id/json" | jq -r ".NetworkSettings.Networks.$network.IPAddress" >"$work/$name.address"
  echo "/proc/$(ask "$host" GET "/containers/$id/json" | jq -r .State.Pid)/ns/net" >"$work/$name.netns"
}
for n in $(seq "$per_network"); do
  start red "$n"
  start blue "$n"
done

# The capture sees every frame of the underlay at host-2.
on host-2 timeout 50 tcpdump -i eth0 -U -w "/tmp/$lab.pcap" 'not arp and not ip6' >/dev/null 2>&1 &
capture=$!
within 10 test -s "/tmp/$lab.pcap"

# Every container answers datagrams, beside the pages of its own httpd.
cat >"$work/echo.py" <<'TXT'
import socket
echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
echo.bind(("", 7))
while True:
    data, sender = echo.recvfrom(2048)
    echo.sendto(data, sender)
TXT
echoes=()
for n in $(seq "$per_network"); do
  for network in red blue; do
    ON_SECONDS=500 inside "$network" "$n" python3 "$work/echo.py" &
    echoes+=($!)
  done
done
hears_datagrams() { inside "$1" "$2" ss -Hlun 'sport = :7' | finds .; }
for n in $(seq "$per_network"); do within 20 hears_datagrams red "$n" && within 20 hears_datagrams blue "$n"; done

echo "-- every pair of a network, by name and by address, small and large; no pair across"
cat >"$work/ask" <<'TXT'
for at in "$@"; do
  name=${at%=*} address=${at#*=}
  ping -c 1 -W 3 -s 32 "$address" >/dev/null || echo "no answer from $at to a packet of 60 bytes"
  ping -c 1 -W 3 -s 1372 -M do "$address" >/dev/null || echo "no answer from $at to a packet of 1400 bytes"
  [ "$(curl -s -m 5 "http://$address/")" ] || echo "no page from $at"
  exec 3<>"/dev/udp/$address/7"
  echo "datagram to $name" >&3
  echoed=$(timeout 3 head -n 1 <&3) || true # not read: it takes one byte, and the datagram is gone
  [ "$echoed" = "datagram to $name" ] || echo "no datagram from $at: $echoed"
  exec 3>&-
done
TXT
cat >"$work/ask-not" <<'TXT'
for at in "$@"; do ping -c 1 -W 0.2 "${at#*=}" >/dev/null && echo "an answer from $at, which is on another network"; done
exit 0
TXT
for network in red blue; do
  other=$([ "$network" = red ] && echo blue || echo red)
  targets=() strangers=()
  for n in $(seq "$per_network"); do
    targets+=("$(container "$network" "$n")=$(cat "$work/$(container "$network" "$n").address")")
    strangers+=("$(container "$other" "$n")=$(cat "$work/$(container "$other" "$n").address")")
  done
  for n in $(seq "$per_network"); do
    {
      inside "$network" "$n" bash "$work/ask" "${targets[@]}"
      inside "$network" "$n" bash "$work/ask-not" "${strangers[@]:0:5}"
      for target in "${targets[@]}"; do
        found=$(on "$(host_of "$n")" curl -sS --unix-socket /run/skein/skein.sock -o /dev/null "http://skein/_ping" && inside "$network" "$n" busybox nslookup "${target%=*}" 127.0.0.11 | grep -c "Address.*${target#*=}") || true
        [ "$found" = 1 ] || echo "${target%=*} does not resolve to ${target#*=}"
      done
    } >"$work/$network-$n.said" 2>&1 &
    [ $((n % 5)) != 0 ] || wait_for_jobs
  done
done
wait_for_jobs
cat "$work"/*.said | sed 's/^/   /' | sed -n 1,20p
[ -z "$(cat "$work"/*.said)" ] || fail "some pairs do not hold"

echo "-- multicast reaches the network, and only it"
for at in "red 2" "red 8" "blue 2"; do
  read -r network n <<<"$at"
  inside "$network" "$n" timeout 8 tcpdump -i eth0 -c 1 -n udp port 5353 >"$work/multicast-$network-$n" 2>/dev/null &
done
send_multicast() {
  inside red 1 bash -c 'ip route replace 224.0.0.0/4 dev eth0; for i in 1 2 3; do echo hello >/dev/udp/239.1.2.3/5353; done'
  [ -s "$work/multicast-red-2" ] && [ -s "$work/multicast-red-8" ]
}
within 8 send_multicast
[ ! -s "$work/multicast-blue-2" ] || fail "multicast crossed to another network"

echo "-- the wire carries VXLAN with the networks' numbers, and the swarm's own ports"
kill "$capture" 2>/dev/null || true
wait "$capture" 2>/dev/null || true
alien=$(tcpdump -nr "/tmp/$lab.pcap" 'not (udp port 4789 or port 7946 or tcp port 2377)' 2>/dev/null | sed -n 1,3p)
[ -z "$alien" ] || fail "strange packets on the underlay: $alien"
numbers=$(tcpdump -nr "/tmp/$lab.pcap" 'udp port 4789' 2>/dev/null | grep -o 'vni [0-9]*' | sort -u | tr '\n' ' ')
[ "$numbers" = "vni 4097 vni 4098 " ] || fail "VXLAN numbers on the wire: $numbers"
rm -f "/tmp/$lab.pcap"

echo "-- a host that was cut off is whole again"
skein lab cut "$lab" host-5
within 40 bash -c "[ \"\$(timeout 20 skein lab exec $lab host-1 -- curl -s --unix-socket /run/skein/skein.sock http://skein/nodes | jq '[.[] | select(.Status.State == \"down\")] | length')\" = 1 ]"
start red 11 # on host-2, unseen by host-5
skein lab heal "$lab"
within 10 inside red 4 busybox nslookup red-11 127.0.0.11
within 5 inside red 4 ping -c 1 -W 1 "$(cat "$work/red-11.address")"
within 10 inside red 2 ping -c 1 -W 1 "$(cat "$work/red-4.address")"
