#!/bin/bash
# Many hosts and tasks on a machine that is busy: things are slower, and never wrong. No node is Down at any moment, no task
# is made twice, and no address is given twice.
# HOSTS and REPLICAS make it larger.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
hosts=${HOSTS:-10}
replicas=${REPLICAS:-200}
patience=500

ask() { on host-1 curl -sS --fail-with-body --max-time 50 --unix-socket /run/skein/skein.sock -X "$1" -H 'Content-Type: application/json' ${3:+-d "$3"} "http://d/v1.44$2"; }
# spec REPLICAS VERSION
spec() {
  echo "{\"Name\": \"many\", \"Mode\": {\"Replicated\": {\"Replicas\": $1}}, \"UpdateConfig\": {\"Parallelism\": 50, \"Order\": \"stop-first\"},
    \"TaskTemplate\": {\"ForceUpdate\": $2, \"ContainerSpec\": {\"Image\": \"none\", \"Command\": [\"sleep\", \"36000\"], \"StopGracePeriod\": 100000000}, \"Networks\": [{\"Target\": \"wide\"}]}}"
}
update() { ask POST "/services/many/update?version=$(ask GET /services/many | jq .Version.Index)" "$(spec "$@")" >/dev/null; }
no_node_is_down() {
  local down
  down=$(ask GET /nodes | jq '[.[] | select(.Status.State != "ready")] | length')
  [ "$down" = 0 ] || fail "$down nodes are not ready: $(ask GET /nodes | jq -c '.[] | [.Description.Hostname, .Status]')"
}
running() { ask GET '/services?status=true' | jq '.[0].ServiceStatus.RunningTasks // 0'; }
tasks() { ask GET '/tasks?filters=%7B%22service%22:%5B%22many%22%5D%7D' >"$work/tasks"; }
# count FILTER: the tasks of the last look of which it is true.
count() { jq "[.[] | select($1)] | length" "$work/tasks"; }
# until_true WHAT RUNNING COMMAND…: looks at the nodes each time, and at all tasks when as many run.
until_true() {
  local what=$1 count=$2 end=$((SECONDS + patience))
  shift 2
  until [ "$(running)" = "$count" ] && tasks && "$@"; do
    no_node_is_down
    [ "$SECONDS" -lt "$end" ] || fail "not in time: $what; $(tasks; jq -c '[.[] | [.DesiredState, .Status.State]] | group_by(.) | map([.[0], length])' "$work/tasks")"
    pause 0.5
  done
  no_node_is_down
}
addresses_are_distinct() {
  local twice
  twice=$(jq -r '.[] | select(.DesiredState == "running") | .NetworksAttachments[0].Addresses[0] // empty' "$work/tasks" | sort | uniq -d)
  [ -z "$twice" ] || fail "given twice: $twice"
}

start_swarm "$hosts" --engine process
ask POST /networks/create '{"Name": "wide", "Driver": "overlay", "IPAM": {"Config": [{"Subnet": "10.60.0.0/16"}]}}' >/dev/null

echo "-- $replicas replicas on $hosts hosts, beside a program that takes a core"
(while kill -0 $$; do :; done) 2>/dev/null & hog=$!
ask POST /services/create "$(spec "$replicas" 0)" >/dev/null
until_true "all run" "$replicas" true
[ "$(count true)" = "$replicas" ] || fail "$(count true) tasks were made for $replicas replicas"
addresses_are_distinct

echo "-- all of them are updated"
update "$replicas" 1
is_updated() { [ "$(count '.Status.State == "running" and .Spec.ForceUpdate == 1')" = "$replicas" ]; }
until_true "all are updated" "$replicas" is_updated
[ "$(count '.DesiredState == "running"')" = "$replicas" ] || fail "$(count '.DesiredState == "running"') tasks for $replicas replicas"
addresses_are_distinct
kill "$hog"
