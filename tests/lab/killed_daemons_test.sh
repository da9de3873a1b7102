#!/bin/bash
# Whoever upgrades or loses a daemon must not lose a connection: any skeind is killed again and again at random under pings
# and TCP streams between containers on three hosts. Not one packet may be missing, and afterwards everything can be managed.
# SEED repeats a run, KILLS (default 8) is the number of deaths.
# alone
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
RANDOM=${SEED:=$RANDOM}
kills=${KILLS:-8}
pairs=("c1 c2" "c2 c3" "c3 c1")

start_swarm 3
for n in 1 2 3; do start_container "host-$n" "c$n"; done
for pair in "${pairs[@]}"; do
  read -r from to <<<"$pair"
  within 10 inside "$from" ping -c 1 -W 1 "$(address "$to")"
done

# detached NAME COMMAND…: in the container's namespace until it ends by itself or by stop_ping. `timeout` of on() is too short.
detached() {
  local name=$1
  shift
  skein lab exec "$lab" "$(cat "$work/$name.host")" -- nsenter "--net=/proc/$(cat "$work/$name.pid")/ns/net" "$@"
}
listens() { inside "$1" ss -Htln 'sport = 5000' | finds .; }
touch "$work/flowing"
declare -A sender
for pair in "${pairs[@]}"; do
  read -r from to <<<"$pair"
  detached "$to" "$SKEIN_ROOT/tests/lab/tools/stream" echo 5000 >"$work/echo-$to" 2>&1 &
  within 5 listens "$to"
  detached "$from" "$SKEIN_ROOT/tests/lab/tools/stream" send "$(address "$to")" 5000 "$work/flowing" >"$work/stream-$from" 2>&1 &
  sender[stream-$from]=$!
  detached "$from" sh -c "echo \$\$ >$work/ping-$from.pid; exec ping -D -i 0.01 $(address "$to")" >"$work/ping-$from" 2>&1 &
  sender[ping-$from]=$!
done
for pair in "${pairs[@]}"; do within 5 grep -q 'icmp_seq=50 ' "$work/ping-${pair% *}"; done

idle_devices() { for n in 1 2 3; do on "host-$n" cat /sys/class/net/skein-vxlan/ifindex; done; }
idle_before=$(idle_devices)

echo "-- $kills kills, seed $SEED"
# Answers, has a session, and the manager shows all three hosts as ready.
is_managed() {
  on "$1" curl -sS --unix-socket /run/skein/skein.sock http://skein/info | jq -e '.Swarm.LocalNodeState == "active" and (.Swarm.Error // "") == ""' &&
    [ "$(on host-1 skein node ls | grep -c ' Ready ')" = 3 ]
}
for kill in $(seq "$kills"); do
  host="host-$((RANDOM % 3 + 1))"
  pause "0.$((RANDOM % 5))" # deaths at any phase of the others' recovery
  printf '   %(%T)T kill %s\n' -1 "$host"
  skein lab kill "$lab" "$host" >/dev/null
  pause "0.$((RANDOM % 5))"
  skein lab start "$lab" "$host" >/dev/null
  within 20 is_managed "$host"
  for name in "${!sender[@]}"; do kill -0 "${sender[$name]}" || fail "kill $kill, of $host: $name ended: $(tail -3 "$work/$name")"; done
done

echo "-- a daemon that stays dead takes the names of its containers away, not their connections"
skein lab kill "$lab" host-3 >/dev/null
name_is_gone() { is_unknown c1 c3 && is_unknown c2 c3; }
within 60 name_is_gone # of three hosts, suspicion takes 24 s, a return is waited for 15 s
counted=$(grep -c icmp_seq "$work/ping-c2") # from c2 to c3
answered_since() { [ "$(grep -c icmp_seq "$work/ping-c2")" -gt $((counted + 100)) ]; }
within 10 answered_since
skein lab start "$lab" host-3 >/dev/null
within 20 is_managed host-3

echo "-- no packet is missing, no connection was reset"
for pair in "${pairs[@]}"; do
  read -r from to <<<"$pair"
  on "$(cat "$work/$from.host")" kill -INT "$(cat "$work/ping-$from.pid")"
  wait "${sender[ping-$from]}" || true # judged by what it wrote
  sent=$(sed -n 's/ packets transmitted.*//p' "$work/ping-$from")
  received=$(sed -n 's/.*icmp_seq=\([0-9]*\) .*/\1/p' "$work/ping-$from")
  count=$(wc -l <<<"$received")
  # The last one may have been on its way when ping was told to end.
  missing=$(comm -13 <(sort <<<"$received") <(seq "$((sent - 1))" | sort) | sort -n)
  if [ "$count" -lt 100 ] || [ -n "$missing" ]; then
    first=$(head -n 1 <<<"$missing")
    grep "icmp_seq=$((first - 1)) " "$work/ping-$from" >&2 || true # with the time
    fail "$from to $to: $count of $sent pings answered; missing: $first to $(tail -n 1 <<<"$missing")"
  fi
  [ "$(sort -u <<<"$received" | wc -l)" = "$count" ] || fail "$from to $to: pings answered twice"
  echo "   $from to $to: $sent pings"
done
rm "$work/flowing"
for pair in "${pairs[@]}"; do
  from=${pair% *}
  wait "${sender[stream-$from]}" || fail "stream from $from: $(cat "$work/stream-$from")"
  [ "$(cat "$work/stream-$from")" -gt 100000 ] || fail "stream from $from carried only $(cat "$work/stream-$from") bytes"
  [ ! -s "$work/echo-${pair#* }" ] || fail "stream to ${pair#* }: $(cat "$work/echo-${pair#* }")"
  echo "   $from to ${pair#* }: $(cat "$work/stream-$from") bytes there and back"
done

[ "$(idle_devices)" = "$idle_before" ] || fail "idle vxlan devices were made anew"

echo "-- everything is manageable on every host"
[ "$(on host-1 skein node ls | grep -c ' Ready *Active ')" = 3 ] || fail "node ls: $(on host-1 skein node ls)"
for n in 1 2 3; do
  for m in 1 2 3; do within 10 resolves "c$n" "c$m"; done
  expect "appnet" on "host-$n" skein network ls
  expect "c$n" on "host-$n" skein ps
  expect "Hello" on "host-$n" skein exec "c$n" timeout 5 wget -qO- "http://c$((n % 3 + 1))/"
  expect "Hello" on "host-$n" skein run --rm --network appnet skein/lab timeout 5 wget -qO- "http://c$((n % 3 + 1))/"
done
for n in 1 2 3; do on "host-$n" skein rm -f "c$n" >/dev/null; done
gone() { on host-1 skein network rm appnet; }
within 10 gone
