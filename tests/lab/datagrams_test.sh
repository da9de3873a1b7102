#!/bin/bash
# A flow of datagrams, from one and the same port, whose backend's host is lost: it goes on with another backend as soon as
# nothing is seen of the host, long before that is known to be dead. From outside to a published port, and from a container to
# a virtual address. The host may return: it serves again, and nobody is led back.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
start_swarm 3 --clients 1
start_container host-1 c1
one service create -q --name who --replicas 2 --network appnet -p 7007:7/udp --constraint 'node.hostname!=host-1' --stop-grace-period 1s skein/lab \
  "${page_server[@]}" >/dev/null 2>&1 || fail "create: $(one service ps --no-trunc who)"
# In the network namespaces of the tasks, as the image has nothing that answers several askers.
answerer='import socket, sys
answers = socket.socket(type=socket.SOCK_DGRAM)
answers.bind(("", 7))
while True: answers.sendto(sys.argv[1].encode(), answers.recvfrom(100)[1])'
for n in 2 3; do
  task=$(on "host-$n" skein ps -q --filter label=com.docker.swarm.service.name=who)
  pid=$(on "host-$n" skein inspect -f '{{.State.Pid}}' "$task" | tr -d '\r\n')
  on "host-$n" sh -c "setsid nsenter --net=/proc/$pid/ns/net python3 -c '$answerer' host-$n >/dev/null 2>&1 &"
done
outside() { ON_SECONDS=300 on client-1 "$SKEIN_ROOT/tests/lab/tools/datagrams" 192.168.1.11 7007 "$@"; }
in_container() { ON_SECONDS=300 inside c1 "$SKEIN_ROOT/tests/lab/tools/datagrams" "$(resolve c1 who)" 7 "$@"; }
within 20 resolve c1 who

echo "-- flows to a host whose cable is pulled go on elsewhere"
touch "$work/asking"
outside host-3 "$work/asking" >"$work/outside" 2>&1 & askers=($!)
in_container host-3 "$work/asking" >"$work/inside" 2>&1 & askers+=($!)
for side in outside inside; do within 40 grep -qx open "$work/$side"; done
skein lab cut "$lab" host-3
for side in outside inside; do
  within 60 grep -q '^host-2 after' "$work/$side"
  echo "   $side: $(grep '^host-2 after' "$work/$side")"
done

echo "-- the host is back: it has new flows again, and those that had left stay"
skein lab heal "$lab"
is_found_again() { [ "$(resolve c1 tasks.who | wc -l)" = 2 ]; }
within 60 is_found_again
touch "$work/again"
for by in outside in_container; do
  "$by" host-3 "$work/again" >"$work/again-$by" 2>&1 & again=$!
  within 40 grep -qx open "$work/again-$by"
  askers+=("$again")
done
rm "$work/again" "$work/asking"
wait "${askers[@]}"
for side in outside inside; do
  [ "$(wc -l <"$work/$side")" = 2 ] || fail "$side: $(cat "$work/$side")"
done
