#!/bin/bash
# Expected: a netlink notice of a change bears the port id of the socket that asked for it, so that a daemon that changes and
# watches can tell its own changes from others'. rtnetlink's notices of addresses do, whatever the request's header said.
# Happens: notices of XFRM bear the number that the request's own header had in nlmsg_pid. netlink(7) lets a program leave it 0,
# as libraries do; then the change looks like one of the kernel's own. Any other number is passed on as well.
# Version: Linux 6.18 here, and 6.1.
# Why it matters: a daemon that heals what others delete or flush takes its own deletions for theirs and never comes to rest; or,
# filtering by 0, overlooks nearly everybody's.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages iproute2=6.1.0-3 python3=3.11.2-1+b1
alone

cat >"$folder/watch.py" <<'PYTHON'
import select, socket, struct, sys

ADD_MEMBERSHIP, SOL_NETLINK = 1, 270
NETLINK_XFRM, XFRMNLGRP_POLICY, NEWPOLICY, DELPOLICY = 6, 4, 0x13, 0x14
RTNLGRP_IPV4_IFADDR, NEWADDR, DELADDR = 5, 20, 21
INFINITE = 0xFFFFFFFFFFFFFFFF

selector = struct.pack("=16s16sHHHHHBBB3xiI", b"\xc0\0\x02\x02", b"\xc0\0\x02\x01", 0, 0, 0, 0, socket.AF_INET, 32, 32, 17, 0, 0)
policy = selector + struct.pack("=8Q4QIIBBBB4x", *[INFINITE] * 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0)
policy_id = selector + struct.pack("=IB3x", 0, 1)

def opened(protocol, group=None):
    one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    one.bind((0, 0))
    if group:
        one.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, group)
    return one

def senders(protocol, group, kind, requests, header_pid):
    """The numbers in notices of that kind, after requests whose headers say `header_pid`."""
    watch, asking = opened(protocol, group), opened(protocol)
    own = asking.getsockname()[0]
    for type_, body in requests:
        asking.send(struct.pack("=IHHII", 16 + len(body), type_, 5, 1, header_pid) + body)
        answer = asking.recv(65536)
        assert struct.unpack_from("=i", answer, 16)[0] == 0, (type_, answer)
    seen = set()
    while select.select([watch], [], [], 0.5)[0]:
        notice = watch.recv(65536)
        _, type_, _, _, pid = struct.unpack_from("=IHHII", notice)
        if type_ == kind:
            seen.add("the socket's" if pid == own else str(pid))
    return sorted(seen)

loopback = struct.pack("=BBBBI", socket.AF_INET, 32, 0, 0, 1) + struct.pack("=HH4s", 8, 2, b"\xc0\0\x02\x01")
for header_pid in (0, 12345):
    print("rtnetlink", header_pid, *senders(0, RTNLGRP_IPV4_IFADDR, DELADDR, [(NEWADDR, loopback), (DELADDR, loopback)], header_pid))
    print("xfrm", header_pid, *senders(NETLINK_XFRM, XFRMNLGRP_POLICY, DELPOLICY, [(NEWPOLICY, policy), (DELPOLICY, policy_id)], header_pid))
PYTHON
/usr/bin/python3 "$folder/watch.py" | tee "$folder/seen"
printf '%s\n' "rtnetlink 0 the socket's" 'xfrm 0 0' "rtnetlink 12345 the socket's" 'xfrm 12345 12345' >"$folder/expected"
diff "$folder/expected" "$folder/seen" >&2 || fail "other numbers"
echo "as the header says"
