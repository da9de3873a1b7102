# shellcheck shell=bash disable=SC2034,SC2120,SC2154
# What the lab's tests share: a lab of their own that goes with them, both command lines, and words for what is expected.
# Sourced; `make_lab HOSTS` first. `cli` is the command line of `one`, `two` and `three`.
set -euo pipefail
lab="t$$"
work=$(mktemp -d)
cli=skein
clis=(skein)
if command -v docker >/dev/null; then clis+=(docker); else echo "-- no docker CLI here: its half is skipped"; fi
# What takes minutes is done with the last of them only; CLIS=all: with each.
long_clis=("${clis[-1]}")
if [ "${CLIS:-}" = all ]; then long_clis=("${clis[@]}"); fi

cleanup() {
  skein lab down "$lab" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT

# make_lab HOSTS [OPTION…]: hosts whose daemons run, without a swarm.
make_lab() { skein lab up --name "$lab" --hosts "$1" "${@:2}" >/dev/null; }

fail() {
  for log in "/run/skein-lab/$lab"/*/skeind.log; do
    [ ! -s "$log" ] || { echo "-- $log" && tail -n "${LOG_LINES:-20}" "$log"; } >&2
  done
  echo "FAILED: $*" >&2 # last, where whoever sees only the end looks
  exit 1
}

# on MACHINE COMMAND…: for at most a minute, or ON_SECONDS.
on() { timeout -k 5 "${ON_SECONDS:-60}" skein lab exec "$lab" "$1" -- "${@:2}"; }
one() { on host-1 "$cli" "$@"; }
two() { on host-2 "$cli" "$@"; }
three() { on host-3 "$cli" "$@"; }

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

# finds [OPTION…] PATTERN: as `grep -q`, but reads all of it: a writer that is not read to its end dies of
# SIGPIPE, which pipefail makes the pipe's status.
finds() { [ "$(grep -c "$@")" != 0 ]; }

pause() { read -rt "${1:-0.1}" <> <(:) || true; }
# within SECONDS COMMAND…: until it succeeds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || fail "not in time: $*"
    pause
  done
}

# taken HOST udp|tcp PORT: by another program, until freed HOST PORT.
taken() {
  local program='import signal, socket, sys
taken = socket.socket(type=socket.SOCK_DGRAM if sys.argv[1] == "udp" else socket.SOCK_STREAM)
if sys.argv[1] == "tcp": taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
taken.bind(("", int(sys.argv[2])))
if sys.argv[1] == "tcp": taken.listen()
open("/run/taken-" + sys.argv[2], "w").write(str(__import__("os").getpid()))
signal.pause()'
  on "$1" rm -f "/run/taken-$3"
  on "$1" sh -c "setsid python3 -c '$program' $2 $3 >/dev/null 2>&1 &"
  within 5 on "$1" test -s "/run/taken-$3"
}
freed() { on "$1" sh -c "kill \$(cat /run/taken-$2)"; }

are_ready() { [ "$(one node ls | grep -c 'Ready *Active')" = "$1" ]; }

# api HOST METHOD PATH [BODY]: both halves of the API's answer: body, then the status in a line of its own.
api() {
  on "$1" curl -s --max-time 30 --unix-socket /run/skein/skein.sock -X "$2" -H 'Content-Type: application/json' \
    ${4:+-d "$4"} -w '\n%{http_code}' "http://d/v1.41$3"
}
