#!/bin/bash
# The runner of scripts is what every other script's verdict goes through: it must count right, show what failed, run side
# by side what may, and alone what must.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $*: $(cat "$work/out")" >&2
  exit 1
}
script() { cat >"$work/$1_test.sh"; }
run() { (unset SCRIPT_JOBS; "$SKEIN_ROOT/tests/run_scripts" "$work" "$@" >"$work/out"); }

# Two that wait for each other: one after the other, they would never end.
mkfifo "$work/first" "$work/second"
script a <<<"echo >'$work/first'; read -r _ <'$work/second'"
script b <<<"read -r _ <'$work/first'; echo >'$work/second'"
run || fail "two cannot run at once"
[ "$(tail -n 1 "$work/out")" = "2 passed, 0 failed" ] || fail "wrong count"

# One that wants to be alone sees nobody: the others leave a mark while they run.
for name in a b; do script "$name" <<<"touch '$work/mark-$name'; for _ in 1 2 3; do read -rt 0.1 <> <(:) || true; done; rm '$work/mark-$name'"; done
script "0" <<TXT
# alone
! ls '$work'/mark-*
TXT
run || fail "not alone"
[ "$(tail -n 1 "$work/out")" = "3 passed, 0 failed" ] || fail "wrong count"

script c <<<"echo no such luck; exit 3"
script d <<<"echo 'SKIPPED: no such thing here'"
if run; then fail "a failure passed"; fi
grep -q 'no such luck' "$work/out" || fail "the words of the failed one are missing"
grep -q 'FAIL  c_test (.* s, status 3)' "$work/out" || fail "the failure is not told"
grep -q 'ok    d_test .*skipped: no such thing here' "$work/out" || fail "what was skipped is not told"
[ "$(tail -n 1 "$work/out")" = "4 passed, 1 failed" ] || fail "wrong count"
run d_test || fail "one by name"
[ "$(tail -n 1 "$work/out")" = "1 passed, 0 failed" ] || fail "more than the named one"
if SCRIPT_SECONDS=1 run nosuch_test; then fail "nothing passed as something"; fi
