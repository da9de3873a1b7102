// Scripts compare what `stack config` prints: a text is written as Docker's client writes it, and reads back as itself.
#include "stack/emit/emit.h"

#include <gtest/gtest.h>

#include "stack/shape/key_order.h"
#include "stack/yaml/yaml.h"

namespace skein::stack {
namespace {

TEST(StackEmit, texts_are_quoted_where_they_would_read_as_something_else) {
  for (const std::string& text :
       std::vector<std::string>{"yes", "on", "y", "null", "~", "1", "1e3", "0x1", "0o7", "010", "1.", ".5", "+1",
                                "1_000", "1:30", "2001-01-01", ".inf", ""}) {
    EXPECT_EQ(emit_text(text, 2, false), "\"" + text + "\"");
  }
  for (const std::string& text :
       std::vector<std::string>{" lead", "a: b", "#b", "- a", "*x", "@x", "-", "?", "::", "trail ", "a #b"}) {
    EXPECT_EQ(emit_text(text, 2, false), "'" + text + "'");
  }
  for (const std::string& text :
       std::vector<std::string>{"1e", "inf", "NaN", "=", "<<", "a'b", "a\\b", "é", "x,y", "a#b", "-a", "a:b", "1:60"}) {
    EXPECT_EQ(emit_text(text, 2, false), text);
  }
  EXPECT_EQ(emit_text("'q'", 2, false), "'''q'''");
  EXPECT_EQ(emit_text("tab\tx", 2, false), "\"tab\\tx\"");
  EXPECT_EQ(emit_text("é\x01", 2, false), "\"é\\x01\"");
  EXPECT_EQ(emit_text("\xF0\x9F\x98\x80", 2, false), "\"\\U0001F600\"");
  EXPECT_EQ(emit_text("\xff", 2, false), "!!binary /w==");
}

TEST(StackEmit, lines_are_a_block_and_read_back) {
  EXPECT_EQ(emit_text("a\nb\n", 2, false), "|\n  a\n  b\n");
  EXPECT_EQ(emit_text("a\nb", 2, false), "|-\n  a\n  b");
  EXPECT_EQ(emit_text(" a\n\n", 2, false), "|2+\n   a\n\n");
  EXPECT_EQ(emit_text("a \nb", 2, false), "\"a \\nb\"");
  for (const std::string& text :
       std::vector<std::string>{"a\nb\n", "a\nb", " a\n\n", "\n", "\n\na", "a\n\n\nb\n", "a\n  b", "a\rb\nc",
                                "# x\n- y\n", "a\nb\u2028", "a\nb\u2028c", "\u2029a\n\u2028", "a\n\u0085b"}) {
    Map inner;
    inner.append("list", List{text, List{text, "z"}});
    inner.append("text", text);
    Map outer;
    outer.append("o", inner);
    const auto again = read_yaml(emit_yaml(outer));
    ASSERT_TRUE(again.ok()) << emit_yaml(outer) << again.error().what;
    EXPECT_EQ(*again, Value(outer)) << emit_yaml(outer);
  }
}

TEST(StackEmit, long_keys_have_a_mark) {
  const std::string key(200, 'k');
  Map inner;
  inner.append("a", int64_t{1});
  inner.append("b", List{"x"});
  Map outer;
  outer.append(key, inner);
  EXPECT_EQ(emit_yaml(outer), "? " + key + "\n: a: 1\n  b:\n    - x\n");
}

TEST(StackEmit, keys_are_sorted_as_people_count) {
  std::vector<std::string> keys = {"b10", "b2",  "a",  "B",  "1",   "10",    "2",
                                   "a1",  "a-b", "ab", "_x", "web", "web01", "web1"};
  std::stable_sort(keys.begin(), keys.end(), is_key_before);
  EXPECT_EQ(keys, (std::vector<std::string>{"_x", "1", "2", "10", "B", "a", "a-b", "a1", "ab", "b2", "b10", "web",
                                            "web1", "web01"}));
  // Letters come last, but first behind a digit.
  EXPECT_TRUE(is_key_before("a-", "ab"));
  EXPECT_TRUE(is_key_before("1a", "1-"));
}

}  // namespace
}  // namespace skein::stack
