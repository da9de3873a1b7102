#!/bin/bash
# Expected: of two VXLAN devices that cannot share a UDP port, the second cannot be made.
# Two devices with ids can share one. A second device in external mode is refused at once.
# Happens: one in external mode and one with an id can both be made on a port, without a warning.
# The one that comes up second gets "Address already in use".
# With the first down again the second comes up. Then the first cannot.
# Version: Linux 6.18, iproute2 6.1.0.
# Why it matters: overlays of different makers meet on port 4789. Docker's use ids, newer ones external mode.
# The later one fails at a step where nobody expects a conflict.
# After a reboot it may be the other one.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages iproute2=6.1.0-3
alone

said() { "$@" 2>&1 && echo "done"; } # what a command says, or "done"
up() { said ip link set "$1" up || true; }

ip link add number1 type vxlan id 100 dstport 4789
ip link add number2 type vxlan id 200 dstport 4789
made=$(said ip link add open1 type vxlan external dstport 4789) || fail "external beside id is refused at once: $made"
second=$(said ip link add open2 type vxlan external dstport 4789) && fail "two external devices can be made"
echo "made: two with ids; one external: $made; a second external: $second"
first=$(up number1) same=$(up number2) mixed=$(up open1)
echo "up: id 100: $first; id 200: $same; external: $mixed"
ip link set number1 down
ip link set number2 down
later=$(up open1) earlier=$(up number1)
echo "after both ids are down: external: $later; id 100: $earlier"
ip link add elsewhere type vxlan id 300 dstport 4790
other=$(up elsewhere)
echo "id 300 on another port: $other"

[ "$first $same $later $other" = "done done done done" ] || fail "a device that should come up does not"
[[ $mixed = *"Address already in use"* && $earlier = *"Address already in use"* ]] || fail "no conflict"
[[ $second = *"already exists"* ]] || fail "the second external device is refused otherwise"
echo "as the header says"
