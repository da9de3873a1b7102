# shellcheck shell=bash disable=SC2034,SC2154
# What the lab's tests share: a lab of their own that goes with them, both command lines, and words for what is expected.
# Sourced; `make_lab HOSTS` first.
set -euo pipefail
lab="t$$"
clis=(skein)
if command -v docker >/dev/null; then clis+=(docker); else echo "-- no docker CLI here: its half is skipped"; fi

make_lab() {
  hosts=()
  for number in $(seq "$1"); do hosts+=("host-$number"); done
  trap 'skein lab down "$lab" >/dev/null 2>&1 || true' EXIT
  skein lab up --name "$lab" --hosts "$1" >/dev/null
}

fail() {
  echo "FAILED: $*" >&2
  for host in "${hosts[@]}"; do
    echo "-- $host" >&2
    tail -n 20 "/run/skein-lab/$lab/$host/skeind.log" >&2 2>/dev/null || true
  done
  exit 1
}

on() { timeout 60 skein lab exec "$lab" "$@"; }
one() { on host-1 -- "$cli" "$@"; }
two() { on host-2 -- "$cli" "$@"; }

# expect TEXT COMMAND…: succeeds, and says TEXT among other things.
expect() {
  local wanted=$1 output
  shift
  output=$("$@" 2>&1) || fail "$* failed: $output"
  [[ $output = *"$wanted"* ]] || fail "$* said: $output; wanted: $wanted"
}
# expect_error TEXT COMMAND…: fails, and says TEXT among other things.
expect_error() {
  local wanted=$1 output
  shift
  if output=$("$@" 2>&1); then fail "accepted: $*"; fi
  [[ $output = *"$wanted"* ]] || fail "$* said: $output; wanted: $wanted"
}

pause() { read -rt 0.2 <> <(:) || true; }
# Until the command succeeds, at most 20 s.
eventually() {
  for _ in $(seq 100); do
    if "$@" >/dev/null 2>&1; then return; fi
    pause
  done
  fail "never: $*"
}

# Ids differ from run to run.
without_ids() { sed -E 's/\b[0-9a-f]{64}\b/<id>/g; s/\b[0-9a-z]{25}\b/<id>/g'; }

# refused STATUS TEXT COMMAND…: exits with STATUS and says the line TEXT of the daemon, ids apart.
refused() {
  local status=$1 wanted="Error response from daemon: $2" output got=0
  shift 2
  output=$("$@" 2>&1 </dev/null | tr -d '\r' | without_ids; exit "${PIPESTATUS[0]}") || got=$?
  [ "$got" = "$status" ] || fail "$* exited with $got, not $status: $output"
  # `run` puts the program's name in front.
  sed -E "s/^($cli): Error/Error/" <<<"$output" | grep -qxF -- "$wanted" || fail "$* said: $output; wanted: $wanted"
}

# Both halves of curl's answer: body, then the status in a line of its own.
api() {
  local host=$1 method=$2 path=$3
  on "$host" -- curl -s --max-time 30 --unix-socket /run/skein/skein.sock -X "$method" -H 'Content-Type: application/json' \
    ${4:+-d "$4"} -w '\n%{http_code}' "http://d/v1.41$path"
}
# answered STATUS TEXT HOST METHOD PATH [BODY]: an error of the API with exactly this message, ids apart.
answered() {
  local status=$1 wanted=$2 output
  shift 2
  output=$(api "$@")
  [ "${output##*$'\n'}" = "$status" ] || fail "$* answered: $output; wanted $status"
  [ "$(head -n 1 <<<"$output" | jq -r .message | without_ids)" = "$wanted" ] || fail "$* answered: $output; wanted: $wanted"
}

# Holds a port of a host until release_port: hold_port HOST tcp|udp PORT.
hold_port() {
  coproc holder { skein lab exec "$lab" "$1" -- python3 -c '
import socket, sys
kind = socket.SOCK_DGRAM if sys.argv[1] == "udp" else socket.SOCK_STREAM
s = socket.socket(socket.AF_INET, kind)
if sys.argv[1] == "tcp": s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of an earlier swarm
s.bind(("0.0.0.0", int(sys.argv[2])))
if sys.argv[1] == "tcp": s.listen()
print("held", flush=True)
sys.stdin.read()' "$2" "$3"; }
  local line
  read -rt 20 line <&"${holder[0]}" || true
  [ "$line" = held ] || fail "could not hold $2 port $3 of $1"
}
release_port() {
  local input=${holder[1]}
  exec {input}>&-
  wait "$holder_PID" || true
}
