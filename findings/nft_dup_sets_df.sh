#!/bin/bash
# Expected: nft's `dup to ADDRESS device DEVICE` sends a copy that differs from the packet in nothing but its way.
# Happens: the copy of an IPv4 packet that may be fragmented (no DF) says that it may not.
# A datagram that came in fragments is copied whole, as the kernel has put it together.
# Where that exceeds the device's MTU no copy is sent.
# The sender of the original, which asked for no such thing, is told "fragmentation needed".
# Clearing DF in the copy's own output hook brings the fragments of the copy.
# Version: Linux 6.18; nftables 1.0.6.
# Why it matters: mirrors for analysis and load balancers made of `dup` lose large datagrams, those of DNS and SIP first.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages nftables=1.0.6-2+deb12u2 tcpdump=4.99.3-1 iputils-ping=3:20221126-1+deb12u1
alone
nft --version

mount -t tmpfs tmpfs /run # the names of namespaces
ip netns add other
ip link add wire type veth peer name wire netns other
ip addr add 192.0.2.1/24 dev wire && ip link set wire up
ip -n other addr add 192.0.2.2/24 dev wire && ip -n other link set wire up
ip link add copies mtu 1400 type veth peer name seen
ip addr add 198.51.100.1/24 dev copies && ip link set copies up && ip link set seen up
ip neigh add 198.51.100.2 lladdr 02:00:00:00:00:02 dev copies nud permanent
nft -f - <<'RULES'
table ip t {
  chain i {
    type filter hook input priority 0
    icmp type echo-request dup to 198.51.100.2 device "copies"
  }
  chain o { type filter hook output priority 0; }
}
RULES

# sees SIZE: what arrives of the copy of an echo request with so many bytes that may be fragmented.
sees() {
  timeout 4 tcpdump -nvi seen --immediate-mode -l 'ip and host 192.0.2.2' >"$folder/seen" 2>"$folder/ready" &
  local watcher=$!
  within 3 grep -q listening "$folder/ready"
  ip netns exec other ping -c 1 -W 2 -M dont -s "$1" 192.0.2.1 >"$folder/ping" || true
  wait "$watcher" || true
  { grep -o 'flags \[[^]]*\]' "$folder/seen" || true; } | tr '\n' ' '
}
told() { grep -o 'Frag needed.*' "$folder/ping" || echo nothing; } # the sender of the last one

small=$(sees 100)
echo "the copy of a small packet:            $small"
large=$(sees 2000)
told=$(told)
echo "the copy of one that came in fragments: ${large:-none}"
echo "its sender is told:                     $told"
nft add rule ip t o oifname copies ip frag-off set 0
cleared=$(sees 2000)
echo "with DF cleared on the copy's way out:  $cleared"

[ "$small" = "flags [DF] " ] || fail "the small copy has: $small"
[ -z "$large" ] || fail "the large copy arrives: $large"
[[ $told = *1400* ]] || fail "the sender is told: $told"
[[ $cleared = "flags [+] "* && $(told) = nothing ]] || fail "with DF cleared: $cleared, told: $(told)"
echo "as the header says"
