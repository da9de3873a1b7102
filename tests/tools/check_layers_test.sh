#!/bin/bash
# A newcomer can trust the picture of the layers because an #include against it does not get through.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/src/{base,wire,cmd}
printf 'skein_layer(base)\nskein_layer(wire NEEDS base)\nskein_layer(cmd NEEDS wire)\n' >"$work/src/CMakeLists.txt"
echo '#include "base/x.h"' >"$work/src/wire/good.cc"
echo '#include "wire/x.h"' >"$work/src/cmd/good.h"
"$SKEIN_ROOT/tools/check_layers" "$work/src"

printf '#include <string>\n\n#include "wire/x.h"\n' >"$work/src/base/bad.cc"
if output=$("$SKEIN_ROOT/tools/check_layers" "$work/src"); then
  echo "an include against the order was accepted"
  exit 1
fi
[[ $output = *"src/base/bad.cc:3: layer 'base' may not include from 'wire', which it does not need by CMakeLists.txt"* ]]
[ "$(wc -l <<<"$output")" = 1 ]
rm "$work/src/base/bad.cc"

mkdir -p "$work/src/elsewhere"
touch "$work/src/elsewhere/a.cc"
output=$("$SKEIN_ROOT/tools/check_layers" "$work/src") && exit 1
[[ $output = *"'elsewhere' is not a layer"* ]]
rm -r "$work/src/elsewhere"

# A simulation runs the daemon's own code only if nothing waits beside its loop.
mkdir -p "$work/src/io/loop"
printf 'skein_layer(base)\nskein_layer(wire NEEDS base)\nskein_layer(io NEEDS base)\nskein_layer(cmd NEEDS wire)\n' >"$work/src/CMakeLists.txt"
echo '#include <boost/asio/steady_timer.hpp>' >"$work/src/io/loop/loop.cc"
echo 'int x;  // as a steady_timer does' >"$work/src/io/loop/timer.h"
"$SKEIN_ROOT/tools/check_layers" "$work/src"
printf '#include <boost/asio/steady_timer.hpp>\nasio::system_timer timer;\n' >"$work/src/cmd/timer.cc"
output=$("$SKEIN_ROOT/tools/check_layers" "$work/src") && exit 1
[[ $output = *"src/cmd/timer.cc:1: wait by io::Timer"*"src/cmd/timer.cc:2: wait by io::Timer (io/loop/timer.h) instead of Asio's system_timer"* ]]

# Rooms: each may use those before it, the layer's own folder all of them; tests are free.
mkdir -p "$work"/src/wire/{bytes,text/utf}
printf 'skein_layer(base)\nskein_layer(wire NEEDS base\n  ROOMS bytes text)\nskein_layer(io NEEDS base)\nskein_layer(cmd NEEDS wire)\n' >"$work/src/CMakeLists.txt"
rm "$work/src/cmd/timer.cc"
echo '#include "wire/bytes/a.h"' >"$work/src/wire/text/utf/fine.cc"
echo '#include "wire/text/a.h"' | tee "$work/src/wire/better.cc" >"$work/src/wire/bytes/a_test.cc"
"$SKEIN_ROOT/tools/check_layers" "$work/src"
echo '#include "wire/text/utf/a.h"' >"$work/src/wire/bytes/bad.cc"
echo '#include "wire/a.h"' >"$work/src/wire/text/worse.cc"
output=$("$SKEIN_ROOT/tools/check_layers" "$work/src") && exit 1
[[ $output = *"wire/bytes/bad.cc:1: room 'bytes' of 'wire' may not include from 'text', which stands after it"* ]]
[[ $output = *"wire/text/worse.cc:1: room 'text' of 'wire' may not include from '.', which stands after it"* ]]
[ "$(wc -l <<<"$output")" = 2 ]
rm "$work"/src/wire/{bytes/bad,text/worse}.cc

# A layer has what it needs and what that needs, and nothing else that happens to stand before it.
echo '#include "io/a.h"' >"$work/src/cmd/bad.cc"
output=$("$SKEIN_ROOT/tools/check_layers" "$work/src") && exit 1
[[ $output = *"cmd/bad.cc:1: layer 'cmd' may not include from 'io'"* ]]
rm "$work/src/cmd/bad.cc"

# Tests may be made with a layer that stands behind a door for the rest.
printf 'skein_layer(base)\nskein_layer(wire NEEDS base\n  ROOMS bytes text)\nskein_layer(io NEEDS base)\nskein_layer(cmd NEEDS wire TEST_LINK skein_io)\n' >"$work/src/CMakeLists.txt"
echo '#include "io/a.h"' | tee "$work/src/cmd/fine_test.cc" >"$work/src/cmd/bad.cc"
output=$("$SKEIN_ROOT/tools/check_layers" "$work/src") && exit 1
[[ $output = *"cmd/bad.cc:1: layer 'cmd' may not include from 'io'"* ]]
[ "$(wc -l <<<"$output")" = 1 ]
rm "$work"/src/cmd/{bad,fine_test}.cc

# A file is called by its name alone, in talk as in documents.
touch "$work"/src/wire/{bytes,text}/same.h "$work/src/cmd/same.h"
output=$("$SKEIN_ROOT/tools/check_layers" "$work/src") && exit 1
[[ $output = *"wire/text/same.h:1: 'wire/bytes/same.h' is called so, too"* ]]
[ "$(wc -l <<<"$output")" = 1 ]
