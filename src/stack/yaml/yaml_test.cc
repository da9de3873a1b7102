// Files come from anywhere: what is too deep or too large is refused, and what is broken is told as users of Docker
// know it.
#include "stack/yaml/yaml.h"

#include <gtest/gtest.h>

namespace skein::stack {
namespace {

std::string read_as(const std::string& text) {
  const auto value = read_yaml(text);
  return value.ok() ? shown(*value) : value.error().what;
}

TEST(StackYaml, scalars_have_the_types_that_docker_sees) {
  for (const auto& [text, type] : std::vector<std::pair<std::string, std::string>>{{"017", "int"},
                                                                                   {"0o17", "int"},
                                                                                   {"08", "float64"},
                                                                                   {"1_000", "int"},
                                                                                   {"0b11", "int"},
                                                                                   {"1:30", "string"},
                                                                                   {"1e3", "float64"},
                                                                                   {".5", "float64"},
                                                                                   {"1.2.3", "string"},
                                                                                   {"yes", "string"},
                                                                                   {"True", "bool"},
                                                                                   {"tRUE", "string"},
                                                                                   {"~", "<nil>"},
                                                                                   {"'~'", "string"},
                                                                                   {"\"1\"", "string"},
                                                                                   {"2001-01-01", "time.Time"},
                                                                                   {"2001-13-01", "string"},
                                                                                   {"18446744073709551615", "uint64"},
                                                                                   {"18446744073709551616", "float64"},
                                                                                   {"!!str 5", "string"},
                                                                                   {"!!float 5", "float64"},
                                                                                   {"!foo 5", "string"}}) {
    const auto value = read_yaml("a: " + text);
    ASSERT_TRUE(value.ok()) << text << ": " << value.error().what;
    EXPECT_EQ(type_name(value->at("a")), type) << text;
  }
  EXPECT_EQ(read_as("a: [017, 0o17, 08, 0b11, -0x10, 1e6, 12345678.9, 0.00001, 1.0]"),
            "map[a:[15 15 8 3 -16 1e+06 1.23456789e+07 1e-05 1]]");
  EXPECT_EQ(read_as("a: [2001-01-01, 2001-1-2t3:4:5.50+02:00]"),
            "map[a:[2001-01-01 00:00:00 +0000 UTC 2001-01-02 03:04:05.5 +0200 +0200]]");
}

TEST(StackYaml, merge_keys_yield_to_own_keys_and_earlier_ones_win) {
  EXPECT_EQ(read_as("x: &a {i: a, h: h}\ny: &b {i: b}\nz: {<<: [*b, *a], h: w}"),
            "map[x:map[h:h i:a] y:map[i:b] z:map[h:w i:b]]");
  EXPECT_EQ(read_as("x: &a {i: a}\nz: {i: b, <<: *a}"), "map[x:map[i:a] z:map[i:b]]");
  EXPECT_EQ(read_as("a: {<<: [1]}"), "yaml: map merge requires map or sequence of maps as the value");
  EXPECT_EQ(read_as("a: <<"), "map[a:<<]");
  EXPECT_EQ(read_as("a: {\"<<\": {b: 1}}"), "map[a:map[<<:map[b:1]]]");
}

TEST(StackYaml, what_is_broken_is_told_with_its_line) {
  EXPECT_EQ(read_as("a:\n  b: 1\n  b: 2\n"),
            "yaml: unmarshal errors:\n  line 3: mapping key \"b\" already defined at line 2");
  EXPECT_EQ(
      read_as("a: 1\nb: 1\na: 2\nb: 2\na: 3"),
      "yaml: unmarshal errors:\n  line 3: mapping key \"a\" already defined at line 1\n"
      "  line 5: mapping key \"a\" already defined at line 1\n  line 4: mapping key \"b\" already defined at line 2\n"
      "  line 5: mapping key \"a\" already defined at line 3");
  EXPECT_EQ(read_as("a:\n  b: [x, http://h/?c]"), "yaml: line 1: did not find expected ',' or ']'");
  EXPECT_EQ(read_as("a: http://h/?c"), "map[a:http://h/?c]");
  EXPECT_EQ(read_as("a: {!t b: 1}"), "map[a:map[]]");
  EXPECT_EQ(read_as("a: *u"), "yaml: unknown anchor 'u' referenced");
  EXPECT_EQ(read_as("a:\n- x\nb:\n  c: x: y\n"), "yaml: line 4: mapping values are not allowed in this context");
  EXPECT_EQ(read_as("@a"), "yaml: found character that cannot start any token");
  EXPECT_EQ(read_as("{[1]: a}"), "yaml: invalid map key: []interface {}{1}");
  EXPECT_EQ(read_as("%YAML 1.2\n---\na: 1"), "yaml: found incompatible YAML document");
  EXPECT_EQ(read_as("a: !!null x"), "yaml: cannot decode !!str `x` as a !!null");
  EXPECT_EQ(read_as("a: 1\n---\n[bad"), "map[a:1]");
}

TEST(StackYaml, what_is_too_deep_or_grows_too_large_is_refused) {
  EXPECT_EQ(read_as("a: &a [*a]"), "yaml: anchor 'a' value contains itself");
  EXPECT_EQ(read_as("a: &a\n  <<: *a\n"), "yaml: anchor 'a' value contains itself");
  EXPECT_EQ(read_as(std::string(kYamlDepthMax + 10, '[')), "yaml: exceeded max depth of 500");
  // Nine aliases of nine aliases: 9^8 values.
  std::string bomb = "a0: &a0 x\n";
  for (int i = 1; i <= 8; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 1; k < 9; ++k) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_EQ(read_as(bomb), "yaml: document contains excessive aliasing");
  EXPECT_EQ(read_as(std::string(kYamlBytesMax + 1, ' ')), "yaml: document is larger than 16 MiB");
}

}  // namespace
}  // namespace skein::stack
