#!/bin/bash
# Hosts that reboot and daemons that were away: what runs, what has a name and what has an address are the same afterwards,
# on all hosts; restart policies hold as Docker's do, and nothing that is broken keeps anything else from starting.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
start_swarm 3
for n in 1 3; do start_container "host-$n" "c$n"; done
two network create loc >/dev/null
serve=(httpd -f -p 80 -h /www)

inspected() { on "$1" "$cli" inspect -f "$2" "$3" | tr -d '\r'; }
is_up() { [ "$(inspected host-2 '{{.State.Status}}' "$1")" = running ]; }
address_of() { inspected "${3:-host-2}" "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}" "$1"; }
# Its name leads to its address, and there is its page.
serves() {
  local own
  own=$(address_of "$1" appnet) && [ -n "$own" ] && [ "$(resolve c1 "$1")" = "$own" ] && [ "$(resolve c3 "$1")" = "$own" ] &&
    one exec c1 timeout 5 wget -qO- "http://$1/" | finds .
}
# HOST believes that another host has an endpoint at ADDRESS: the last line about a record counts.
believes() {
  on "$1" python3 -c '
import json, sys
last = {(r["network"], r["key"]): r for r in map(json.loads, open("/var/lib/skein/peers.json"))}
sys.exit(all(r.get("address") != sys.argv[1] for r in last.values()))' "$2"
}
# No host knows the name or the address any more.
is_gone() {
  is_unknown c1 "$1" && is_unknown c3 "$1" && ! believes host-1 "$2" && ! believes host-3 "$2" &&
    ! two network inspect appnet | finds -F "\"$1\""
}
is_serving() { [ "$(one service ls --filter name=api --format '{{.Replicas}}' | tr -d '\r')" = "$1" ]; }
run_two() { two run -d --name "$1" "${@:2}" skein/lab "${serve[@]}" >/dev/null; }

for cli in "${long_clis[@]}"; do
  echo "-- $cli: a container that ends while its host's daemon is away leaves nothing"
  run_two web --network appnet
  run_two other --network appnet
  within 10 serves web
  was=$(address_of web appnet)
  within 10 believes host-1 "$was"
  pid=$(inspected host-2 '{{.State.Pid}}' web)
  skein lab kill "$lab" host-2 >/dev/null
  on host-2 kill -9 "$pid"
  pause 1
  skein lab start "$lab" host-2 >/dev/null
  expect "Exited (137)" two ps -a --filter name=web
  within 20 is_gone web "$was"
  is_up other || fail "other does not run: $(two ps -a)"
  within 20 serves other
  two start web >/dev/null
  within 10 serves web
  two rm -f web other >/dev/null

  echo "-- $cli: a reboot"
  run_two plain --network appnet
  run_two local --network loc
  run_two bridged
  run_two always --network appnet --restart always
  run_two unless --network loc --restart unless-stopped
  run_two failing --restart on-failure
  run_two stopped --network appnet --restart unless-stopped
  run_two well --network appnet --health-cmd true --health-interval 200ms
  two create --name new --restart always skein/lab "${serve[@]}" >/dev/null
  is_well() { [ "$(inspected host-2 '{{.State.Health.Status}}' well)" = healthy ]; }
  within 20 is_well
  one service create --detach --name api --replicas 3 --network appnet skein/lab "${serve[@]}" >/dev/null
  within 60 is_serving 3/3
  two stop -t 0 stopped >/dev/null
  within 10 serves plain
  was=$(address_of plain appnet)
  skein lab reboot "$lab" host-2 >/dev/null
  is_nowhere() { is_unknown c1 plain && is_unknown c3 plain; }
  within 8 is_nowhere # a daemon that merely restarts is waited for: 15 s
  for name in always unless failing; do within 20 is_up "$name"; done
  within 20 serves always
  within 20 is_gone plain "$was"
  is_exited() { two ps -a --filter "name=$1" --format '{{.Status}}' | finds -F "Exited ($2)"; }
  for name in plain local bridged well; do within 5 is_exited "$name" 255; done
  is_exited stopped 137 || is_exited stopped 143 || fail "stopped by its user: $(two ps -a)"
  expect "Created" two ps -a --filter name=new
  expect "unhealthy" inspected host-2 '{{.State.Health.Status}}' well
  expect "0" inspected host-2 '{{.RestartCount}}' always
  for name in plain local bridged well; do two start "$name" >/dev/null || fail "start $name"; done
  for network in appnet loc bridge; do expect "fine" two run --rm --network "$network" skein/lab echo fine; done
  within 10 serves plain
  within 60 is_serving 3/3

  echo "-- $cli: the daemon alone is killed: all goes on, and a stop is remembered"
  before=$(inspected host-2 '{{.State.StartedAt}}' always)
  skein lab kill "$lab" host-2 >/dev/null
  skein lab start "$lab" host-2 >/dev/null
  [ "$(inspected host-2 '{{.State.StartedAt}}' always)" = "$before" ] || fail "always was started anew"
  is_up stopped && fail "stopped was started"
  within 20 serves always
  within 20 is_well

  echo "-- $cli: the manager is away while a worker reboots"
  skein lab kill "$lab" host-1 >/dev/null
  skein lab reboot "$lab" host-2 >/dev/null
  within 20 is_up unless
  is_up always && fail "always runs without its network"
  within 60 grep -q container-waits-for-its-start "/run/skein-lab/$lab/host-2/skeind.log"
  skein lab start "$lab" host-1 >/dev/null
  within 60 is_up always
  within 20 serves always
  within 60 is_serving 3/3
  one service rm api >/dev/null
  two rm -f plain local bridged always unless failing stopped well new >/dev/null
done

echo "-- the manager reboots"
one run -d --name kept --restart always --network appnet skein/lab "${serve[@]}" >/dev/null
one service create --detach --name api --replicas 3 --network appnet skein/lab "${serve[@]}" >/dev/null
within 60 is_serving 3/3
skein lab reboot "$lab" host-1 >/dev/null
within 60 are_ready 3
kept_is_served() { [ "$(resolve c3 kept)" = "$(address_of kept appnet host-1)" ] && three exec c3 timeout 5 wget -qO- http://kept/ | finds .; }
within 30 kept_is_served
within 20 is_unknown c3 c1
within 60 is_serving 3/3
