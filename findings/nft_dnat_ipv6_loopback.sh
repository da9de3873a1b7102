#!/bin/bash
# Expected: what leads clients of a network to a program on 127.0.0.1 (dnat, and route_localnet) leads them to one on ::1.
# Happens: IPv4 clients reach it. IPv6 packets are translated and then have no route: input never sees them.
# The client is told "network is unreachable", of an address that is there. No sysctl is like route_localnet:
# the kernel takes packets for ::1 from the loopback device only.
# Version: Linux 6.18; nftables 1.0.6.
# Why it matters: published ports of localhost and transparent proxies work by IPv4 and not by IPv6.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages nftables=1.0.6-2+deb12u2 python3-minimal=3.11.2-1+b1
alone
nft --version

mount -t tmpfs tmpfs /run # the names of namespaces
ip netns add other
ip link set lo up
ip link add wire type veth peer name wire netns other
ip addr add 192.0.2.1/24 dev wire && ip addr add 2001:db8::1/64 dev wire nodad
ip -n other addr add 192.0.2.2/24 dev wire && ip -n other addr add 2001:db8::2/64 dev wire nodad
ip link set wire up && ip -n other link set wire up
sysctl -qw net.ipv4.conf.wire.route_localnet=1
nft -f - <<'RULES'
table inet t {
  chain prerouting {
    type nat hook prerouting priority dstnat
    tcp dport 80 dnat ip to 127.0.0.1
    tcp dport 80 dnat ip6 to ::1
  }
  chain input {
    type filter hook input priority filter
    iifname "wire" ip daddr 127.0.0.1 counter name four
    iifname "wire" ip6 daddr ::1 counter name six
  }
  counter four { }
  counter six { }
}
RULES
seen() { nft list counter inet t "$1" | grep -o 'packets [0-9]*'; }
# asks ADDRESS: whether a connection to port 80 there is accepted, within two seconds.
asks() {
  ip netns exec other /usr/bin/python3 -c '
import socket, sys
try:
    socket.create_connection((sys.argv[1], 80), 2).close()
    print("accepted")
except OSError as error:
    print(error.strerror or "no answer")' "$1"
}
/usr/bin/python3 -c '
import socket, sys, time
ends = [socket.create_server((address, 80), family=family) for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))]
print("ready", flush=True)
time.sleep(60)' >"$folder/server" &
within 5 grep -q ready "$folder/server"

four=$(asks 192.0.2.1) six=$(asks 2001:db8::1)
echo "by IPv4: $four; input saw $(seen four)"
echo "by IPv6: $six; input saw $(seen six)"
[ "$four" = accepted ] || fail "by IPv4: $four"
[[ $six = "Network is unreachable" && $(seen six) = "packets 0" ]] || fail "by IPv6: $six, $(seen six)"
echo "as the header says"
