#!/bin/bash
# Expected: what `nft -j list ruleset` prints and `nft -j -f` reads again is the same rule set.
# Happens: comments of tables and chains are not printed, and those of sets and maps are printed, but not read.
# Both directions succeed without a warning; comments of rules and of elements survive.
# A table that is added with a comment in JSON has none either, and an unknown member is as silently accepted.
# Version: nft and libnftables 1.0.6.
# Why it matters: programs use libnftables in JSON, and comments are where a program notes what is its own, and for what.
# After a backup and restore by JSON such a program does not know its table any more.
# In nft's own language all comments survive.
. "$(dirname "$(readlink -f "$0")")/lib.sh"
alone "$@"
packages nftables=1.0.6-2+deb12u2
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
