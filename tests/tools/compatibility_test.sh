#!/bin/bash
# What the documents say of Docker's API is counted, and its endpoints are those of the code.
set -euo pipefail
"$SKEIN_ROOT/tools/count_compatibility"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/docs" "$work/src"
printf 'router.add("GET", "/a/{id}", a);\nrouter.add("POST", "/b", b);\n' >"$work/src/a.cc"
# says TEXT ROW…: of a document with these rows
says() {
  local text=$1 output
  shift
  printf '# Top\n## The API, by its parts\n### Containers\n| | | |\n|---|---|---|\n' >"$work/docs/compatibility.md"
  printf '%s\n' "$@" >>"$work/docs/compatibility.md"
  output=$("$SKEIN_ROOT/tools/count_compatibility" "$work") || true
  [[ $output = *"$text"* ]] || { echo "said: $output; wanted: $text"; exit 1; }
}
says '75.0 of 100 yes (3 of 4)' '| `GET /a/{name}`, `POST /b`, `x` | yes | |' '| `y` | partly | |'
says 'POST /b: is answered, and not told of' '| `GET /a/{id}` | yes | |'
says 'GET /c: is not answered' '| `GET /a/{id}`, `POST /b`, `GET /c` | yes | |'
says 'POST /b: is answered, and told to be not' '| `GET /a/{id}` | yes | |' '| `POST /b` | no | |'
says 'there is nothing to count'
