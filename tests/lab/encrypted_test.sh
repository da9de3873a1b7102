#!/bin/bash
# Encrypted networks: what containers say to each other on other hosts cannot be read on any wire between the hosts; through
# rotations of keys, the death of the daemon and of the process that encrypts; services and names are as on plain networks.
# ROUNDS repeats the deaths (default 1); with more, a host is cut off for two seconds each time. The whole trial: ROUNDS=10,
# which takes five minutes.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"

daemon=$work/daemon
printf '#!/bin/sh\nexec "%s" --key-rotation 5s "$@"\n' "$(dirname "$(command -v skein)")/skeind" >"$daemon"
chmod 755 "$daemon" "$work"
export SKEIN_LAB_DAEMON=$daemon
rounds=${ROUNDS:-1}
tries=1
[ "$rounds" = 1 ] || tries=5 # a host that is cut off does not answer for names
start_swarm 3

# listen: all that passes between the hosts, from now on; heard TEXT: whether it was there in clear.
underlay() { on "$1" ip -o -4 addr show | sed -n 's/^[0-9]*: \([^ ]*\) .* 192\.168\.1\..*/\1/p' | sed -n 1p; }
listen() {
  local n
  for n in 1 2 3; do
    on "host-$n" sh -c "setsid tcpdump --immediate-mode -U -i $(underlay "host-$n") -w /run/heard.$1 >/run/tcpdump.$1 2>&1 & echo \$! >/run/listener"
    within 10 on "host-$n" grep -q 'listening on' "/run/tcpdump.$1"
  done
}
stop_listening() { for n in 1 2 3; do on "host-$n" sh -c 'kill $(cat /run/listener)'; done; }
heard() {
  local n
  for n in 1 2 3; do if on "host-$n" grep -qa "$2" "/run/heard.$1"; then return 0; fi; done
  return 1
}
frames() { on "$1" sh -c "tcpdump -nr /run/heard.$2 '$3' 2>/dev/null | wc -l"; }

one network create --driver overlay --attachable --opt encrypted --subnet 10.5.0.0/16 secure-net >/dev/null
on_net() { # on_net HOST NAME NETWORK WORDS: a container there, with a page that says WORDS.
  on "$1" skein run -d --name "$2" --network "$3" skein/lab sh -c "mkdir -p /www && echo $4 >/www/index.html && exec httpd -f -p 80 -h /www" >/dev/null
  echo "$1" >"$work/$2.host"
  on "$1" skein inspect -f "{{(index .NetworkSettings.Networks \"$3\").IPAddress}}" "$2" | tr -d '\r\n' >"$work/$2.address"
  on "$1" skein inspect -f '{{.State.Pid}}' "$2" | tr -d '\r\n' >"$work/$2.pid"
}
page() { inside "$1" curl -s --noproxy '*' --max-time 5 "http://$(address "$2")/"; }

echo "-- a plain network can be read on the wire, and an encrypted one cannot"
on_net host-1 open-1 appnet plain-words-1
on_net host-2 open-2 appnet plain-words-2
on_net host-1 secret-1 secure-net secret-words-1
on_net host-2 secret-2 secure-net secret-words-2
listen first
expect plain-words-2 page open-1 open-2
within 5 expect secret-words-2 page secret-1 secret-2
expect secret-words-1 page secret-2 secret-1
within 5 heard first plain-words-2
stop_listening
if heard first secret-words; then fail "secret words on the wire"; fi
[ "$(frames host-1 first 'udp port 4500')" -gt 5 ] || fail "no ESP was seen"
expect 'mtu 1408 ' inside secret-1 ip -o link show eth0
inside secret-1 ping -q -c 1 -s 1380 -M "do" -W 5 "$(address secret-2)" >/dev/null || fail "a packet of the MTU does not pass"

is_shown_active() { [ "$(on host-1 skein network inspect secure-net | grep -c '"State": "active"')" = 1 ]; }
within 10 is_shown_active

echo "-- a service is balanced and found as on a plain network"
one service create -q --detach --name api --replicas 6 --network secure-net skein/lab sh -c 'mkdir -p /www && echo secret-words-api >/www/index.html && exec httpd -f -p 80 -h /www' >/dev/null
is_up() { [ "$(one service ls --format '{{.Replicas}}' | tr -d '\r')" = 6/6 ]; }
within 60 is_up
[ "$(resolve secret-1 tasks.api | wc -l)" = 6 ] || fail "tasks.api: $(resolve secret-1 tasks.api)"
touch "$work/asking"
listen second
ON_SECONDS=$((60 + 40 * rounds)) inside secret-1 "$SKEIN_ROOT/tests/lab/tools/requests" api 100 "$work/asking" "$tries" >"$work/asked" 2>&1 &
asker=$!

echo "-- keys are rotated, the daemon dies, and who encrypts dies, and the next ones go on"
esp_pid() { on "$1" pgrep -f 'skein-espd --socket'; }
is_another() { [ -n "$(esp_pid host-3)" ] && [ "$(esp_pid host-3)" != "$before" ]; }
for round in $(seq "$rounds"); do
  pause 12
  skein lab kill "$lab" host-2 >/dev/null
  pause 3
  skein lab start "$lab" host-2 >/dev/null
  pause 3
  before=$(esp_pid host-3)
  on host-3 kill -9 "$before"
  within 10 is_another
  pause 10
  [ "$rounds" = 1 ] || {
    echo "   round $round: $(sed -n '$p' "$work/asked")"
    skein lab cut "$lab" host-3 >/dev/null
    pause 2
    skein lab heal "$lab" >/dev/null
  }
done
rm "$work/asking"
wait "$asker" || true
expect ', 0 failed' grep asked, "$work/asked"
grep asked, "$work/asked"
stop_listening
if heard second secret-words; then fail "secret words on the wire"; fi
for n in 1 2 3; do [ "$(frames "host-$n" second 'udp port 4789')" = 0 ] || fail "VXLAN in clear at host-$n"; done

echo "-- with the last of the network the process ends"
one service rm api >/dev/null
on host-1 skein rm -f secret-1 >/dev/null
on host-2 skein rm -f secret-2 >/dev/null
is_gone() { ! on "$1" pgrep -f 'skein-espd --socket'; }
for n in 1 2 3; do within 40 is_gone "host-$n"; done
