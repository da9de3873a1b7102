#!/bin/bash
# Skein's wire is plain VXLAN: a machine without Skein, with nothing but a kernel vxlan device and entries made by hand on
# both sides, takes part in a network. (On Skein's side the entries go into the data path's tables, which belong to the
# daemon: it takes back what neither the swarm nor gossip vouches for.)
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
tables=/sys/fs/bpf/skein/v4

start_swarm 2 --clients 1
start_container host-1 c1
start_container host-2 c2
vni=$(on host-1 skein network inspect appnet | jq -r '.[0].Options["com.docker.network.driver.overlay.vxlanid_list"]')
peer=$(address c1) && peer=${peer%.*}.200
peer_mac=02:42:0a:00:01:c8
mac_of() { on "$(cat "$work/$1.host")" skein inspect -f '{{.NetworkSettings.Networks.appnet.MacAddress}}' "$1" | tr -d '\r\n'; }
eth0_mac() { on "$1" cat /sys/class/net/eth0/address | tr -d '\r\n'; }

echo "-- the machine's side: a device, and where two containers are"
client() { on client-1 "$@"; }
client ip link add vx0 address "$peer_mac" mtu 1450 type vxlan id "$vni" dstport 4789 local 192.168.1.101 nolearning
client ip addr add "$peer/24" dev vx0
client ip link set vx0 up
for n in 1 2; do
  client bridge fdb append "$(mac_of "c$n")" dev vx0 dst "192.168.1.1$n"
  client ip neigh replace "$(address "c$n")" lladdr "$(mac_of "c$n")" dev vx0 nud permanent
done
mkdir "$work/www" && echo "Hello from outside." >"$work/www/index.html"
client busybox httpd -p "$peer:80" -h "$work/www"

echo "-- not a packet is taken from a machine that nobody knows"
if client ping -c 2 -i 0.2 -W 0.3 "$(address c1)" >/dev/null; then fail "a stranger was answered"; fi

# Words as bpftool wants them: octets, numbers of the tables in host order, addresses and MACs as on the wire.
octets() { printf 'hex %s' "$(printf '%02x ' "$@")"; }
number() { echo "$(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24))"; }
ipv4() { tr . ' ' <<<"$1"; }
mac() { for octet in ${1//:/ }; do echo "$((16#$octet))"; done; }
client_mac=$(eth0_mac client-1)
declare -A interface source_mac
for n in 1 2; do
  interface[$n]=$(on "host-$n" cat /sys/class/net/eth0/ifindex | tr -d '\r\n')
  source_mac[$n]=$(eth0_mac "host-$n")
done
# tell N: host-N learns the path to the machine (struct skein_path) and the endpoint there (struct skein_endpoint).
tell() {
  # shellcheck disable=SC2046,SC2086  # words
  on "host-$1" bpftool map update pinned "$tables/hosts" key $(octets $(ipv4 192.168.1.101)) value \
    $(octets $(number "${interface[$1]}") $(ipv4 "192.168.1.1$1") $(number 1500) $(mac "${source_mac[$1]}") $(mac "$client_mac"))
  # shellcheck disable=SC2046
  on "host-$1" bpftool map update pinned "$tables/endpoints" key $(octets $(number "$vni") $(ipv4 "$peer")) value \
    $(octets $(ipv4 192.168.1.101) $(number 0) 0 0 0 0 $(mac "$peer_mac") 0 0)
}
# The daemon may look at everything just between the two: then both are said again.
told() {
  local n=$1
  shift
  tell "$n" && "$@"
}

for n in 1 2; do
  echo "-- c$n on host-$n and the machine reach each other"
  within 10 told "$n" client ping -c 3 -i 0.2 -W 1 "$(address "c$n")"
  within 10 told "$n" inside "c$n" ping -c 3 -i 0.2 -W 1 "$peer"
  within 10 told "$n" client ping -c 1 -W 1 -s 1422 -M "do" "$(address "c$n")"
  from_container() { [[ $(told "$n" client curl -sS -m 5 "http://$(address "c$n")/") = *"Hello from a container"* ]]; }
  from_machine() { [[ $(told "$n" on "host-$n" skein exec "c$n" timeout 5 wget -qO- "http://$peer/") = *"Hello from outside."* ]]; }
  within 10 from_container
  within 10 from_machine
done

echo "-- the next look at the kernel, which a new route asks for, takes back what nobody vouches for"
on host-1 ip route add 203.0.113.0/24 via 192.168.1.12
is_strange() { ! client ping -c 1 -W 0.3 "$(address c1)"; }
within 10 is_strange
