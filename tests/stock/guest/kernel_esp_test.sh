#!/bin/bash
# Hosts whose kernel has ESP encrypt by it; host-3 by its process all the same, and they understand each other. Run in a
# virtual machine by tests/stock/lab.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
daemon=$work/daemon
cat >"$daemon" <<TXT
#!/bin/sh
[ "\$(hostname)" = host-3 ] && set -- --encryption process "\$@"
exec "$(dirname "$(command -v skein)")/skeind" "\$@"
TXT
chmod 755 "$daemon" "$work"
export SKEIN_LAB_DAEMON=$daemon ON_SECONDS=240
start_swarm 3 --engine process
one network create --driver overlay --attachable --opt encrypted --subnet 10.5.0.0/16 secure-net >/dev/null

echo "-- each host encrypts as it can, or as it was told"
expect 'by=kernel"' on host-1 skein info --format '{{json .SecurityOptions}}'
expect 'by=skein-espd (asked for)' on host-3 skein info --format '{{json .SecurityOptions}}'

mkdir -p /tmp/www
for n in 1 2 3; do
  mkdir -p "/tmp/www/$n" && echo "secret-words-$n" >"/tmp/www/$n/index.html"
  on "host-$n" skein run -d --name "secret-$n" --network secure-net skein/lab busybox httpd -f -p 80 -h "/tmp/www/$n" >/dev/null
  echo "host-$n" >"$work/secret-$n.host"
  on "host-$n" skein inspect -f '{{(index .NetworkSettings.Networks "secure-net").IPAddress}}' "secret-$n" | tr -d '\r\n' >"$work/secret-$n.address"
  on "host-$n" skein inspect -f '{{.State.Pid}}' "secret-$n" | tr -d '\r\n' >"$work/secret-$n.pid"
done
page() { inside "$1" curl -s --noproxy '*' --max-time 10 "http://$(address "$2")/"; }
# What the kernel knows, when something goes wrong.
look() {
  local n
  set +e
  for n in 1 2; do
    echo "-- host-$n"
    on "host-$n" sh -c 'ip -s link show skein-esp; ip -s xfrm state | grep -E "^src|spi|packets.$" | grep -v INF; grep -v "0$" /proc/net/xfrm_stat
      nft list table inet skein | grep -A3 esp; ip -br addr; ss -uln; skein network inspect secure-net' || true
  done
}
trap '[ $? = 0 ] || look; cleanup' EXIT
reaches() { [ "$(page "secret-$1" "secret-$2")" = "secret-words-$2" ]; }
all_reach_all() {
  local a b
  for a in 1 2 3; do within 90 reaches $a $a; done
  for a in 1 2 3; do for b in 1 2 3; do [ $a = $b ] || within 90 reaches $a $b; done; done
}
underlay() { on "$1" ip -o -4 addr show | sed -n 's/^[0-9]*: \([^ ]*\) .* 192\.168\.1\..*/\1/p' | sed -n 1p; }
for n in 1 2; do
  on "host-$n" sh -c "setsid tcpdump --immediate-mode -U -i $(underlay "host-$n") -w /run/heard >/run/tcpdump 2>&1 & echo \$! >/run/listener"
  within 30 on "host-$n" grep -q 'listening on' /run/tcpdump
done
frames() { on "$1" sh -c "tcpdump -nr /run/heard '$2' 2>/dev/null | wc -l"; }

echo "-- kernel and kernel, kernel and process"
all_reach_all
[ "$(on host-1 ip xfrm policy | grep -c 'dport 4789')" = 2 ] || fail "policies: $(on host-1 ip xfrm policy)"
expect '"Backend": "kernel, XFRM"' on host-1 skein network inspect secure-net
if on host-1 pgrep -x skein-espd >/dev/null; then fail "the process runs where the kernel encrypts"; fi

echo "-- keys are replaced"
states() { on host-1 ip xfrm state | awk '/spi/ {print $4}' | sort; }
before=$(states)
on host-1 skein swarm update --rotate-network-keys >/dev/null
has_changed() { [ "$(states)" != "$before" ]; }
within 60 has_changed
all_reach_all

echo "-- the daemon dies and comes back"
kill_daemon() { on "$1" pkill -KILL -P 1 -x skeind; }
kill_daemon host-1
reaches 1 2 || fail "packets wait for the daemon"
skein lab start "$lab" host-1
within 120 on host-1 skein node ls
all_reach_all

echo "-- somebody flushes XFRM"
on host-2 ip xfrm policy flush
on host-2 ip xfrm state flush
all_reach_all
is_told() { grep -q xfrm-altered "/run/skein-lab/$lab/host-2/skeind.log"; }
is_told || fail "not a word of it in the log"

echo "-- nothing was to be read on the wires"
for n in 1 2; do
  on "host-$n" sh -c 'kill $(cat /run/listener)'
  [ "$(frames "host-$n" 'ip proto 50')" -gt 20 ] || fail "no ESP was seen on host-$n"
  [ "$(frames "host-$n" 'udp port 4789')" = 0 ] || fail "VXLAN in clear: $(on "host-$n" tcpdump -nr /run/heard 'udp port 4789' 2>/dev/null | sed -n 1,5p)"
  if on "host-$n" grep -qa secret-words /run/heard; then fail "secret words on the wire"; fi
done

echo "-- with the last container all of it goes"
on host-1 skein rm -f secret-1 >/dev/null
is_gone() { [ -z "$(on host-1 ip xfrm state)$(on host-1 ip xfrm policy)" ] && ! on host-1 ip link show skein-esp; }
within 60 is_gone
within 90 reaches 2 3
