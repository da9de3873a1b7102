#!/bin/bash
# What an administrator sets on a daemon, on the command line or in /etc/skein/daemon.json: labels of the engine, by which
# constraints choose, and things that tasks reserve. The file is checked at the start and read anew at SIGHUP.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
make_lab 2 --engine process
one swarm init --advertise-addr 192.168.1.11 >/dev/null
on host-2 skein swarm join --token "$(one swarm join-token -q worker)" 192.168.1.11:2377 >/dev/null
log="/run/skein-lab/$lab/host-2/skeind.log"
config() { on host-2 sh -c "mkdir -p /etc/skein && cat >/etc/skein/daemon.json <<'JSON'
$1
JSON"; }
# The daemon is the child of the host's first process.
hang_up() { on host-2 pkill -HUP -P 1 -x skeind; }
labels() { one node inspect host-2 --format '{{json .Description.Engine.Labels}}'; }
running() { one service ps "$1" --filter desired-state=running --format '{{.Node}} {{.CurrentState}}' | grep -c '^host-2 Running'; }
runs() { [ "$(running "$1")" = "$2" ]; }
is_in_log() { grep -q "$1" "$log"; }
has_label() { [[ $(labels) = *"\"$1\":\"$2\""* ]]; }

echo "-- no label: a task with such a constraint waits"
one service create --detach --name ssd --constraint engine.labels.disk==ssd skein/lab sleep 1000 >/dev/null
one service create --detach --name trainer --replicas 3 --generic-resource gpu=1 skein/lab sleep 1000 >/dev/null
pending() { one service ps "$1" --format '{{.CurrentState}} {{.Error}}'; }
waits() { [[ $(pending "$1") = *Pending*"$2"* ]]; }
within 10 waits ssd "no suitable node"
within 10 waits trainer "no suitable node"

echo "-- the file is read anew at SIGHUP, and the manager hears of it"
config '{"labels": ["disk=ssd", "zone=north"], "node-generic-resources": ["gpu=GPU-1", "gpu=GPU-2"]}'
hang_up
within 10 has_label disk ssd
within 15 runs ssd 1
within 15 runs trainer 2 # two things for three tasks
expect '"disk=ssd","zone=north"' on host-2 skein info --format '{{json .Labels}}'
expect "  zone=north" on host-2 skein info
expect 'GPU-1' on host-2 skein info --format '{{json .GenericResources}}'
expect 'GPU-2' one node inspect host-2 --format '{{json .Description.Resources.GenericResources}}'

echo "-- a file that is wrong changes nothing while the daemon runs, and is named"
config '{"labels": ["disk=hdd"], "colour": 1}'
hang_up
within 10 is_in_log "event=configuration-not-reloaded.*/etc/skein/daemon.json.*directives don't match any configuration option: colour"
has_label disk ssd || fail "labels are now $(labels)"

echo "-- and keeps the next daemon from starting, with the same words"
skein lab kill "$lab" host-2
if skein lab start "$lab" host-2 >"$work/start" 2>&1; then fail "started with a wrong file"; fi
is_in_log "event=failed.*/etc/skein/daemon.json.*: colour" || fail "the log does not name the member"
config '{"labels": ["disk=hdd"]}'
skein lab start "$lab" host-2
within 10 has_label disk hdd
within 20 runs ssd 0

echo "-- the command line has the same options, and what both give is refused"
expect_error "bad attribute format: zone" on host-2 skeind --label zone --run /run/none
expect_error "missing '=' or malformed expression" on host-2 skeind --node-generic-resource gpu --run /run/none
expect_error "specified both as a flag and in the configuration file: labels" on host-2 skeind --label a=b --run /run/none
expect_error "/etc/none.json" on host-2 skeind --config-file /etc/none.json --run /run/none

echo "-- Prometheus is told where the file says, and nothing else there"
config '{"metrics-addr": "127.0.0.1:9323"}'
skein lab kill "$lab" host-2
skein lab start "$lab" host-2
metrics() { on host-2 curl -s http://127.0.0.1:9323/metrics; }
tells() { [ -n "$(metrics | grep -x "$1")" ]; }
within 10 tells 'swarm_node_manager 0'
on host-2 skein network create -d bridge near >/dev/null
on host-2 skein run -d --name told --network near skein/lab sleep 1000 >/dev/null
within 10 tells 'engine_daemon_container_states_containers{state="running"} [1-9][0-9]*'
within 10 tells 'skein_network_endpoints [1-9][0-9]*'
for name in skein_gossip_socket_packets_sent_total 'skein_datapath_packets_total{reason="to_local"}'; do
  [[ $(metrics) = *"$name "[0-9]* ]] || fail "no $name in $(metrics)"
done
[ "$(on host-2 curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:9323/info)" = 404 ] || fail "more than metrics is told"
expect_error "metrics-addr" on host-2 skeind --metrics-addr nowhere --run /run/none
