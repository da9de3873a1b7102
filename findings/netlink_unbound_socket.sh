#!/bin/bash
# Expected: a netlink socket gets a group's messages once it has joined the group by NETLINK_ADD_MEMBERSHIP.
# netlink(7) describes bind() as the way to choose a port id and the old bit mask of groups.
# Happens: without bind() a socket that only listens gets nothing, for ever.
# No call fails. NETLINK_LIST_MEMBERSHIPS shows the membership.
# Cause: an unbound socket has port id 0, the kernel's own. A broadcast is not delivered to its sender's port id.
# The first request sent over the socket binds it. From then on it gets events.
# Version: Linux 6.18 here.
# Why it matters: a daemon may watch links, routes and neighbours for years with one socket that both asks and listens.
# After a split into two sockets the one for events is deaf.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages iproute2=6.1.0-3 python3=3.11.2-1+b1
alone

cat >"$folder/listen.py" <<'PYTHON'
import select, socket, struct, subprocess, sys

SOL_NETLINK, ADD_MEMBERSHIP, LIST_MEMBERSHIPS, RTNLGRP_LINK, RTM_GETLINK = 270, 1, 9, 1, 18
how = sys.argv[1]
listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
if how == "bound":
    listener.bind((0, 0))
listener.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, RTNLGRP_LINK)
if how == "used":  # asks for lo and reads the answer
    listener.send(struct.pack("=IHHIIBBHiII", 32, RTM_GETLINK, 1, 1, 0, 0, 0, 0, 1, 0, 0))
    listener.recv(65536)
for change in ("down", "up"):
    subprocess.run(["ip", "link", "set", "lo", change], check=True)
events = 0
while select.select([listener], [], [], 1)[0]:
    listener.recv(65536)
    events += 1
groups = listener.getsockopt(SOL_NETLINK, LIST_MEMBERSHIPS, 64)
member = groups[0] >> (RTNLGRP_LINK - 1) & 1
print(f"member {member}, port id {'0' if listener.getsockname()[0] == 0 else 'set'}, events {events}")
PYTHON
for how in unbound used bound; do
  /usr/bin/python3 "$folder/listen.py" $how >"$folder/$how"
  echo "$how: $(cat "$folder/$how")"
done

[ "$(cat "$folder/unbound")" = "member 1, port id 0, events 0" ] || fail "an unbound socket is told"
for how in used bound; do
  finds 'member 1, port id set, events [1-9]' "$folder/$how" || fail "a socket that was $how is not told"
done
echo "as the header says"
