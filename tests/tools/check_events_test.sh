#!/bin/bash
# tools/check_events: what is logged is listed, and what is listed is logged.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/src/base" "$work/docs/guide"
list() { printf '| Event | When |\n|---|---|\n| %s | now |\n' "$1" >"$work/docs/guide/log.md"; }
code() { cat >"$work/src/base/code.cc"; }
look() { "$SKEIN_ROOT/tools/check_events" "$work"; }
# refused TEXT: by one line that holds it
refused() {
  local output
  if output=$(look); then
    echo "nothing is refused, but should be: $1"
    exit 1
  fi
  [[ $output == *"$1"* ]] || { printf 'wanted: %s\ngot: %s\n' "$1" "$output"; exit 1; }
}

list '`host-up`, `host-down`, `child-up`, `accept-failed`'
code <<'END'
void f() {
  log_info("host-up", {{"why", "asked, for (once)"}});  // log_info("in-a-comment")
  log_warning(is_up ? "host-up"
                    : "host-down");
  log_child(LogLevel::kInfo, "child-up", {name, pid, why});
  FaultPause faults{"accept-failed"};
}
END
look

list '`host-up`, `host-down`, `child-up`, `accept-failed`, `never-told`'
refused 'log.md:3: never logged: never-told'
list '`host-up`, `host-up`, `host-down`, `child-up`, `accept-failed`'
refused 'listed twice: host-up'
list '`host-up`, `host-down`, `child-up`'
refused 'code.cc:6: docs/guide/log.md does not list the event accept-failed'
list '`host-up`, `host-down`, `accept-failed`'
refused 'code.cc:5: docs/guide/log.md does not list the event child-up'

list '`host-up`'
code <<<'void f() { log_info("host_up"); }'
refused 'kebab case: host_up'
code <<<'void f() { log_info("host" + kind); }'
refused 'is a literal'
code <<<'void f() { log_info(name); }'
refused 'is a literal'
code <<<'void f() { log_info("host-up", {{"because", error.text()}}); }'
refused 'the field why=, not because='
code <<<'void f() { log_info("host-up", {{"port", "because"}}); }'
look

counters() { cat >"$work/src/base/metrics.h"; }
counters <<'END'
#define SOME_COUNTERS(X)                    \
  X(kSent, "sent", "packets", "went out") \
  X(kLost, "lost", "packets", "did not")
END
code <<<'void f() { log_info("host-up"); counts.add(Count::kSent); }'
refused 'metrics.h:3: never counted: kLost'
code <<<'void f() { log_info("host-up"); counts.add(ok ? Count::kSent : Count::kLost); }'
look
