#!/bin/bash
# Expected: a temporary argument of an awaited call is destroyed once, at the end of the full expression.
# Happens: g++ 12 destroys the members of an aggregate temporary twice.
# There is no warning at -Wall -Wextra.
# By-value and by-reference parameters are concerned, with and without optimisation.
# Calls without co_await are not concerned. Neither are named variables and temporaries made by a constructor.
# Version: g++ 12.2.0 with -std=c++20. clang++ 14 counts right in all these cases.
# Why it matters: network daemons are full of calls like `co_await dial({.port = 2377})`.
# A string or a shared pointer among the members is released once too often.
# The damage shows much later and elsewhere.
# A named variable before the co_await avoids it.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages g++-12=12.2.0-14+deb12u1
alone
g++-12 --version | sed -n 1p

cat >"$folder/await.cc" <<'CPP'
#include <coroutine>
#include <cstdio>

int alive = 0;
struct Counted {
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  ~Counted() { --alive; }
};
struct Options {  // an aggregate
  int port = 0;
  Counted name{};
};
struct Made : Options {  // has a constructor
  explicit Made(int port) { this->port = port; }
};
struct Coroutine {
  struct promise_type {
    Coroutine get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
};
std::suspend_never by_value(Options) { return {}; }
std::suspend_never by_reference(const Options&) { return {}; }

Coroutine named() { Options options{.port = 1}; co_await by_reference(options); }
Coroutine constructed() { co_await by_reference(Made(1)); }
Coroutine value() { co_await by_value({.port = 1}); }
Coroutine reference() { co_await by_reference({.port = 1}); }
Coroutine not_awaited() { by_reference({.port = 1}); co_return; }

void tell(const char* name, Coroutine (*function)()) {
  alive = 0;
  function();
  std::printf("%s %d\n", name, -alive);
}
int main() {
  tell("named", named);
  tell("constructed", constructed);
  tell("value", value);
  tell("reference", reference);
  tell("not_awaited", not_awaited);
}
CPP
wanted='named 0 constructed 0 value 1 reference 1 not_awaited 0 '
for level in -O0 -O2; do
  g++-12 -std=c++20 -Wall -Wextra $level "$folder/await.cc" -o "$folder/await" 2>"$folder/warnings"
  [ ! -s "$folder/warnings" ] || fail "g++ warns: $(cat "$folder/warnings")"
  "$folder/await" >"$folder/surplus"
  echo "more destructions than constructions at $level: $(paste -sd, "$folder/surplus")"
  [ "$(tr '\n' ' ' <"$folder/surplus")" = "$wanted" ] || fail "other numbers"
done
echo "as the header says"
