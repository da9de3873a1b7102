#!/bin/bash
# A stranger can follow the documents: the files that they name are there, links lead somewhere, pictures fit a terminal.
set -euo pipefail
"$SKEIN_ROOT/tools/check_docs"

# What the check must find, one at a time, in a project of two files.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/src/plan/merge "$work"/docs/design "$work"/tests/lab
touch "$work"/src/plan/{diff.h,diff.cc} "$work"/src/plan/merge/merge.cc "$work"/tests/lab/mesh_test.sh
printf 'skein_layer(plan)\n' >"$work/src/CMakeLists.txt"
cat >"$work/README.md" <<'TXT'
# Top
See `plan/diff`, `src/plan/diff.h`, `plan/d*.{h,cc}`, `merge/merge.cc`, `mesh_test.sh`, `tests/lab/`, `plan/*`, `--flag` and
[the words](docs/words.md#one-two).

| Files in `src/plan/` | |
|---|---|
| `diff`, `merge.*` | steps |
```
 view ─► plan/diff.h
```
TXT
printf '# Words\n## One, two\n[back](../README.md)\n' >"$work/docs/words.md"
"$SKEIN_ROOT/tools/check_docs" "$work"

# refused TEXT LINE…: with these lines the check fails, and says TEXT alone.
refused() {
  local text=$1 output
  shift
  printf '%s\n' "$@" >"$work/docs/more.md"
  if output=$("$SKEIN_ROOT/tools/check_docs" "$work"); then
    echo "accepted: $*"
    exit 1
  fi
  [[ $output = "docs/more.md:"*": $text" && $(wc -l <<<"$output") = 1 ]] || { echo "$output"; exit 1; }
}
refused 'there is no src/plan/gone.cc' 'in `plan/gone.cc`'
refused 'there is no src/plan/gone' 'in `plan/gone`'
refused 'there is no tests/lab/gone_test.sh' 'in `tests/lab/gone_test.sh`'
refused 'there is no src/plan/x*.h' 'in `plan/x*.{h}`'
refused 'no file is called gone.h' 'in `gone.h`'
refused 'there is no src/plan/gone.h' '```' ' plan/gone.h' '```'
refused 'there is no gone in src/plan/' '| File in `src/plan/` | |' '|---|---|' '| `gone` | `diff` |'
refused 'the link leads nowhere: gone.md' '[x](gone.md)'
refused 'words.md has no heading for #three' '[x](words.md#three)'
refused 'the picture has 81 columns here; it may have 80' '```' "$(printf '─%.0s' {1..81})" '```'
rm "$work/docs/more.md"

printf '| `base` | |\n' >"$work/docs/design/layers.md"
if output=$("$SKEIN_ROOT/tools/check_docs" "$work"); then exit 1; fi
[ "$output" = "docs/design/layers.md:1: the layers are, in this order: plan" ]
