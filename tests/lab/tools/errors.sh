# shellcheck shell=bash disable=SC2154
# Words for how a refusal looks, exactly; beside lib.sh.

# Ids differ from run to run.
without_ids() { sed -E 's/\b[0-9a-f]{64}\b/<id>/g; s/\b[0-9a-z]{25}\b/<id>/g'; }

# refused STATUS TEXT COMMAND…: exits with STATUS and says the line TEXT of the daemon, ids apart.
refused() {
  local status=$1 wanted="Error response from daemon: $2" output got=0
  shift 2
  output=$("$@" 2>&1 </dev/null | tr -d '\r' | without_ids; exit "${PIPESTATUS[0]}") || got=$?
  [ "$got" = "$status" ] || fail "$* exited with $got, not $status: $output"
  # `run` puts the program's name in front.
  sed -E "s/^($cli): Error/Error/" <<<"$output" | finds -xF -- "$wanted" || fail "$* said: $output; wanted: $wanted"
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
