#!/bin/bash
# Folders stay small enough to be read from their names, and functions short enough to be read at once.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git -C "$work" init -q
look() { git -C "$work" add -A && "$SKEIN_ROOT/tools/check_sizes" "$work"; }
mkdir -p "$work"/{a,b,tests/data}
touch "$work"/a/{1..30} "$work"/tests/data/{1..40}
look
touch "$work/a/31"
output=$(look) && exit 1
[ "$output" = "a:1: 31 files; a folder holds at most 30" ]
rm "$work/a/31"

# code LINES: a file with a function of so many lines, in a class in a namespace, beside what only looks like one.
code() {
  echo 'namespace n {'
  echo 'const char* const kText = "}{";  // }'
  echo 'const int kMany[] = {'
  seq -f '%g,' 80
  echo '};'
  echo 'class A : public B<C> {'
  echo ' public:'
  echo '  A(int x) : x_{x} {}'
  echo '  int many() const {'
  seq -f '    if (%g) { return 1; }' $(($1 - 2))
  echo '  }'
  seq -f '  int member_%g;' 80
  echo '};'
  echo '}  // namespace n'
}
code 60 >"$work/b/1.cc"
look
code 61 >"$work/b/1.cc"
output=$(look) && exit 1
[ "$output" = "b/1.cc:88: many has 61 lines; a function has at most 60" ]
