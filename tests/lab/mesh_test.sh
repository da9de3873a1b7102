#!/bin/bash
# The routing mesh: every host answers on a published port, and the service sees who called. From outside, from the hosts
# themselves and from containers, with our CLI and with Docker's; over the death of the entry host's daemon; with a firewall.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
start_swarm 3 --clients 1
client() { on client-1 "$@"; }

# A page that says which host serves it and whom it sees.
teller=(sh -c 'mkdir -p /srv/cgi-bin && printf "#!/bin/sh\necho\necho \$REMOTE_ADDR \$NODE\n" >/srv/cgi-bin/who && chmod +x /srv/cgi-bin/who && exec httpd -f -p 80 -h /srv')
publish() { one service create -q --name "$@" --env 'NODE={{.Node.Hostname}}' --stop-grace-period 1s skein/lab "${teller[@]}" >/dev/null 2>&1 || fail "create: $(one service ps --no-trunc "$1")"; }
who() { "$1" curl -s --noproxy '*' --max-time 5 "http://$2/cgi-bin/who" | tr -d '\r' | sed 's/\[::ffff:\(.*\)\]/\1/'; }
# seen BY ADDRESS CLIENT HOST…: each of these hosts serves whom BY asks for there, and sees CLIENT.
seen() {
  local by=$1 address=$2 wanted=$3 answers
  shift 3
  answers=$(for _ in 1 2 3 4; do who "$by" "$address"; done | sort -u)
  [ "$answers" = "$(for host in "$@"; do echo "$wanted $host"; done)" ] || fail "$by at $address was told: $answers; wanted: $wanted, of $*"
}
host_1() { on host-1 "$@"; }
host_3() { on host-3 "$@"; }
from_container() { inside asker "$@"; }

# give_ipv6 HOST ADDRESS: the hosts are known by IPv6 as well.
give_ipv6() {
  on "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
  on "$1" ip -6 addr replace "$2/64" dev "$(on "$1" ip -o -4 addr show | sed -n 's/^[0-9]*: \([^ ]*\) .* 192\.168\.1\..*/\1/p' | sed -n 1p)" nodad
}
for n in 1 2 3; do give_ipv6 "host-$n" "fd00:1::1$n"; done
give_ipv6 client-1 fd00:1::101

for cli in "${long_clis[@]}"; do
  echo "-- $cli: every host answers, and the service sees who called"
  publish web --replicas 2 -p 8080:80 --constraint 'node.hostname!=host-3'
  for n in 1 2 3; do seen client "192.168.1.1$n:8080" 192.168.1.101 host-1 host-2; done

  echo "-- $cli: so do the hosts' own programs and containers, by every address"
  for by in host_1 host_3; do
    for address in localhost 127.0.0.1 192.168.1.11 192.168.1.13; do
      [[ $(who "$by" "$address:8080") = *" host-"[12] ]] || fail "$by at $address: $(who "$by" "$address:8080")"
    done
  done
  start_container host-3 asker
  for n in 1 3; do
    answer=$(who from_container "192.168.1.1$n:8080")
    [[ $answer = *" host-"[12] ]] || fail "from a container at host-$n: $answer"
  done
  on host-3 skein rm -f asker >/dev/null

  echo "-- $cli: and clients by IPv6, whom the service sees as well"
  is_served_by_ipv6() { [ -n "$(who "$1" "$2:8080")" ]; }
  for address in '[fd00:1::11]' '[fd00:1::12]' '[fd00:1::13]'; do
    within 40 is_served_by_ipv6 client "$address"
    seen client "$address:8080" '[fd00:1::101]' host-1 host-2
  done
  seen host_3 '[fd00:1::11]:8080' '[fd00:1::13]' host-1 host-2
  for by in host_1 host_3; do
    [[ $(who "$by" '[::1]:8080') = 10.0.0.*" host-"[12] ]] || fail "$by at [::1]: $(who "$by" '[::1]:8080')"
  done

  echo "-- $cli: where its program listens by IPv4 alone, they are served by its own host's address"
  one service create -q --name four --replicas 1 -p 8081:80 --constraint node.hostname==host-2 --env 'NODE={{.Node.Hostname}}' --stop-grace-period 1s \
    skein/lab "${teller[@]/-p 80/-p 0.0.0.0:80}" >/dev/null 2>&1 || fail "create: $(one service ps --no-trunc four)"
  is_answered_by_host_2() { [[ $(who client '[fd00:1::13]:8081') = 10.0.0.*" host-2" ]]; }
  within 10 is_answered_by_host_2
  one service rm four >/dev/null

  echo "-- $cli: who publishes nothing any more is not there, at once"
  one service rm web >/dev/null
  is_refused() { ! client curl -s --noproxy '*' --max-time 5 "http://$1:8080/"; }
  within 10 is_refused 192.168.1.13
  within 10 is_refused '[fd00:1::13]'
done

echo "-- a stream goes on while the daemon of its entry host is dead, and the next one takes it over"
one service create -q --name echo --replicas 1 -p 7000:7000 --constraint node.hostname==host-2 --stop-grace-period 1s skein/lab \
  sh -c 'while :; do nc -l -p 7000 -e cat; done' >/dev/null 2>&1 || fail "create: $(one service ps --no-trunc echo)"
touch "$work/streaming"
skein lab exec "$lab" client-1 -- "$SKEIN_ROOT/tests/lab/tools/stream" send 192.168.1.13 7000 "$work/streaming" >"$work/streamed" 2>&1 &
streamer=$!
mesh_flows() { on host-3 bpftool map dump pinned /sys/fs/bpf/skein/v4/mesh_flows | grep -c key; }
has_flow() { [ "$(mesh_flows)" -ge 2 ]; }
within 10 has_flow
skein lab kill "$lab" host-3 >/dev/null
pause 2
skein lab start "$lab" host-3 >/dev/null
within 30 are_ready 3
pause 2
rm "$work/streaming"
wait "$streamer" || fail "the stream: $(cat "$work/streamed")"
echo "   $(cat "$work/streamed") bytes"

echo "-- a host's firewall decides on it as on its own programs"
publish web --replicas 2 -p 8080:80
host_1 nft 'table ip mine { chain input { type filter hook input priority 0; policy accept; tcp dport 8080 ip saddr 192.168.1.101 reject with tcp reset; }; }'
if client curl -s --noproxy '*' --max-time 5 http://192.168.1.11:8080/ >/dev/null; then fail "the firewall was passed"; fi
[ -n "$(who client 192.168.1.12:8080)" ] || fail "the other hosts are closed, too"
host_1 nft delete table ip mine
[ -n "$(who client 192.168.1.11:8080)" ] || fail "it stays closed"

echo "-- rules that somebody flushed with all others are there again at once"
host_1 nft flush ruleset
answers_at_host_1() { [ -n "$(who client 192.168.1.11:8080)" ]; }
within 10 answers_at_host_1

echo "-- a port is open where its service wants it, and labels that mean nothing are refused"
one service update -q --label-add skein.publish.8080.address=192.168.1.12,127.0.0.1 web >/dev/null
is_closed() { ! client curl -s --noproxy '*' --max-time 5 "http://$1:8080/" >/dev/null; }
within 30 is_closed 192.168.1.11
[ -n "$(who client 192.168.1.12:8080)" ] || fail "the address that is named is closed"
[ -n "$(who host_1 127.0.0.1:8080)" ] || fail "localhost is closed"
complaint=$(one service update -q --label-add skein.publish.81.source=10.0.0.0/8 web 2>&1) && fail "taken"
[[ $complaint = *"of a port that the service does not publish"* ]] || fail "told: $complaint"
one service update -q --label-rm skein.publish.8080.address web >/dev/null
within 30 answers_at_host_1

echo "-- a host that leaves keeps nothing of it"
on host-3 skein swarm leave >/dev/null
[ -z "$(on host-3 ip -br link show | grep skein-mesh)" ] || fail "left: $(on host-3 ip -br link show)"
[ -z "$(on host-3 nft list ruleset | grep -e 'dup to' -e 8080)" ] || fail "left: $(on host-3 nft list ruleset)"
