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
[[ $output = *"src/base/bad.cc:3: layer 'base' may not include from 'wire'"* ]]
[ "$(wc -l <<<"$output")" = 1 ]
rm "$work/src/base/bad.cc"

mkdir "$work/src/elsewhere"
touch "$work/src/elsewhere/a.cc"
output=$("$SKEIN_ROOT/tools/check_layers" "$work/src") && exit 1
[[ $output = *"'elsewhere' is not a layer"* ]]
rm -r "$work/src/elsewhere"

# A simulation runs the daemon's own code only if nothing waits beside its loop.
mkdir "$work/src/io"
printf 'skein_layer(base)\nskein_layer(wire NEEDS base)\nskein_layer(io NEEDS base)\nskein_layer(cmd NEEDS wire)\n' >"$work/src/CMakeLists.txt"
echo '#include <boost/asio/steady_timer.hpp>' >"$work/src/io/loop.cc"
echo 'int x;  // as a steady_timer does' >"$work/src/io/timer.h"
"$SKEIN_ROOT/tools/check_layers" "$work/src"
printf '#include <boost/asio/steady_timer.hpp>\nasio::system_timer timer;\n' >"$work/src/cmd/timer.cc"
output=$("$SKEIN_ROOT/tools/check_layers" "$work/src") && exit 1
[[ $output = *"src/cmd/timer.cc:1: wait by io::Timer"*"src/cmd/timer.cc:2: wait by io::Timer (io/timer.h) instead of Asio's system_timer"* ]]
