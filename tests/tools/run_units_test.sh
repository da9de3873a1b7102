#!/bin/bash
# The runner of unit tests must count what ran, and miss neither a failed test nor a program that ended before its last.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
fail() {
  echo "FAILED: $*: $(cat "$work/out")" >&2
  exit 1
}
run() { "$SKEIN_ROOT/tests/run_units" "$work" 2 "$@" >"$work/out"; }
# program NAME COMMANDS: writes the report of one test per share, with $failures of them failed, unless it has ended.
program() {
  cat >"$work/bin/$1_test" <<TXT
#!/bin/bash
failures=0
$2
echo '<?xml version="1.0"?>' >"\${1#--gtest_output=xml:}"
echo "<testsuites tests=\"1\" failures=\"\$failures\" disabled=\"0\">" >>"\${1#--gtest_output=xml:}"
exit "\$failures"
TXT
  chmod +x "$work/bin/$1_test"
}
program good "[ \$GTEST_TOTAL_SHARDS = 4 ] || exit 9; echo share \$GTEST_SHARD_INDEX >>'$work/shares'"
program bad '[ $GTEST_SHARD_INDEX != 2 ] || { failures=1; echo "it was wrong"; }'
program ends '[ $GTEST_SHARD_INDEX != 1 ] || { echo "[       OK ] One.test (0 ms)"; exit 134; }'

run good || fail "good ones do not pass"
[ "$(sort "$work/shares")" = "$(printf 'share %s\n' 0 1 2 3)" ] || fail "not each share once"
[ "$(tail -n 1 "$work/out")" = "4 passed, 0 failed" ] || fail "wrong count"
if run good bad; then fail "a failure passed"; fi
grep -q 'it was wrong' "$work/out" || fail "the words of the failed one are missing"
grep -q 'FAIL  bad, share 2 of 4' "$work/out" || fail "the failure is not told"
[ "$(tail -n 1 "$work/out")" = "7 passed, 1 failed" ] || fail "wrong count"
if run ends; then fail "an early end passed"; fi
[ "$(tail -n 1 "$work/out")" = "4 passed, 1 failed" ] || fail "wrong count of one that ended early"
if run; then fail "nothing passed as something"; fi
