# shellcheck shell=bash
# Shared by the benchmarks: a lab, Skein's API on its hosts, statistics. Sets `root`, `work` (a folder that goes at the
# end) and `lab`; programs are the release build's.
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
export PATH="$root/build/bin:$PATH"
lab="bench$$"
work=$(mktemp -d)
background=()

limit=120
# on MACHINE -- COMMAND…: in the lab, for at most `limit` seconds.
on() { timeout "$limit" skein lab exec "$lab" "$@"; }
# api HOST METHOD PATH [BODY]
api() {
  local host=$1 method=$2 path=$3 body=${4:-}
  on "$host" -- curl -sS --fail-with-body --unix-socket /run/skein/skein.sock -X "$method" -H 'Content-Type: application/json' ${body:+-d "$body"} "http://skein/v1.44$path"
}
now_ms() { echo $(($(date +%s%N) / 1000000)); }
median() { sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
# percentile P: the smallest value that P percent of the lines do not exceed.
percentile() { sort -n | awk -v p="$1" '{ v[NR] = $1 } END { i = int(NR * p / 100 + 0.999); print v[i < 1 ? 1 : i] }'; }

clean_up() {
  local pid
  for pid in "${background[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${background[@]}"; do wait "$pid" 2>/dev/null || true; done
  skein lab down "$lab" >/dev/null 2>&1 || true
  rm -rf "$work"
}

# start HOST NAME [NETWORK]: a container of Skein on appnet, or there; its address and network namespace go to files.
start() {
  local host=$1 name=$2 network=${3:-appnet} id
  id=$(api "$host" POST "/containers/create?name=$name" "{\"Image\": \"skein/lab\", \"Cmd\": [\"sleep\", \"3600\"], \"HostConfig\": {\"NetworkMode\": \"$network\"}}" | jq -r .Id)
  api "$host" POST "/containers/$id/start"
  api "$host" GET "/containers/$id/json" >"$work/$name.json"
  jq -r ".NetworkSettings.Networks.\"$network\".IPAddress" "$work/$name.json" >"$work/$name.address"
  echo "/proc/$(jq -r .State.Pid "$work/$name.json")/ns/net" >"$work/$name.netns"
}
# inside HOST NAME COMMAND…: in the container's network namespace, with the machine's programs.
inside() {
  local host=$1 name=$2
  shift 2
  on "$host" -- nsenter "--net=$(cat "$work/$name.netns")" "$@"
}
