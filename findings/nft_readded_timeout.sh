#!/bin/bash
# Expected: an element that is added to a set again either gets its whole time again, or is refused.
# The statement `update` does the former for packets. The command `create element` does the latter.
# Happens: `add element` with the timeout that the element already has succeeds and changes nothing.
# The element expires at its old time.
# With a timeout of another length the same command does start the time anew.
# So does a transaction of delete and add, in which no packet misses the element.
# Version: nft 1.0.6, Linux 6.18.
# Why it matters: a controller may renew addresses by adding them in time.
# It sees success at each renewal, and the addresses are gone in between.
# A test with varying timeouts does not find it.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages nftables=1.0.6-2+deb12u2 jq
alone
nft --version

add() { nft "add element ip t s { 10.0.0.1 timeout $1 }"; }
# Whole seconds that are left of the element's time.
left() { nft -j list set ip t s | jq '.nftables[] | select(.set).set.elem[0].elem.expires'; }

nft add table ip t
nft 'add set ip t s { type ipv4_addr; flags timeout; }'
add 100s
at_first=$(left)
sleep 3
add 100s || fail "adding again is refused"
after_same=$(left)
refused=$(nft 'create element ip t s { 10.0.0.1 timeout 100s }' 2>&1) && fail "create element is not refused"
add 200s || fail "adding with another timeout is refused"
after_other=$(left)
nft -f - <<'RULES'
delete element ip t s { 10.0.0.1 }
add element ip t s { 10.0.0.1 timeout 100s }
RULES
after_both=$(left)
echo "seconds left: added $at_first; 3 s later, added again $after_same; with 200 s $after_other; deleted and added $after_both"
echo "create element says: $(sed -n 1p <<<"$refused")"

[ "$at_first" -ge 98 ] || fail "the time does not begin"
[ "$after_same" -le 97 ] || fail "the time began anew"
[ "$after_other" -ge 198 ] || fail "another timeout is ignored"
[ "$after_both" -ge 98 ] || fail "the time does not begin anew by delete and add"
[[ $refused = *"File exists"* ]] || fail "create element is refused otherwise"
echo "as the header says"
