#!/bin/bash
# Expected: `nft -j -f` makes the rule set of which `nft -j list ruleset` was the output.
# Happens: the comments of tables and chains are not printed.
# Those of sets and maps are printed, but not read.
# Comments of rules and elements survive. nft's own language keeps all comments.
# No command fails or warns.
# A comment given to a new table in JSON is dropped as silently as an unknown member.
# Version: nft and libnftables 1.0.6.
# Why it matters: programs use libnftables by JSON.
# They know their own tables and chains by comments.
# After a backup and restore in JSON they do not know them any more.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages nftables=1.0.6-2+deb12u2
alone
nft --version

nft -f - <<'RULES'
table inet t {
  comment "of the table"
  set s {
    type ipv4_addr
    comment "of the set"
    elements = { 10.0.0.1 comment "of the element" }
  }
  chain c {
    comment "of the chain"
    ip saddr @s counter accept comment "of the rule"
  }
}
RULES
kinds="table set element chain rule"
# with FILE: which kinds have their comment in it
with() { for kind in $kinds; do if finds "of the $kind" "$1"; then echo -n "$kind "; fi; done; }

nft list ruleset >"$folder/text"
nft -j list ruleset >"$folder/json"
nft flush ruleset
nft -f "$folder/text" || fail "the text is not read"
nft list ruleset >"$folder/text_again"
nft flush ruleset
nft -j -f "$folder/json" || fail "the JSON is not read"
nft list ruleset >"$folder/json_again"
echo "made:                      $(with "$folder/text")"
echo "saved and read as text:    $(with "$folder/text_again")"
echo "printed as JSON:           $(with "$folder/json")"
echo "and read from it:          $(with "$folder/json_again")"
nft -j '{"nftables":[{"add":{"table":{"family":"ip","name":"new","comment":"of the table","surely":"unknown"}}}]}' ||
  fail "a member is refused"
nft list table ip new >"$folder/added"
echo "a table added with one:    $(with "$folder/added")"

[ "$(with "$folder/text_again")" = "$kinds " ] || fail "the text loses comments"
[ "$(with "$folder/json")" = "set element rule " ] || fail "other comments in JSON"
[ "$(with "$folder/json_again")" = "element rule " ] || fail "other comments after JSON"
[ -z "$(with "$folder/added")" ] || fail "the added table has its comment"
echo "as the header says"
