// What Go's encoding/json says of texts, as Docker's daemon passes it on.
#include "base/text/json_syntax.h"

#include <gtest/gtest.h>

namespace skein {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view text;
  std::string_view error;
};

TEST(JsonSyntax, errors_have_the_words_of_gos_decoder) {
  const Case cases[] = {
      {"", "EOF"},
      {" \r\n\t", "EOF"},
      {"{", "unexpected EOF"},
      {R"({"a)", "unexpected EOF"},
      {R"({"a")", "unexpected EOF"},
      {R"({"a":)", "unexpected EOF"},
      {R"({"a":1)", "unexpected EOF"},
      {R"({"a":1,)", "unexpected EOF"},
      {"[1,", "unexpected EOF"},
      {"tru", "unexpected EOF"},
      {"-", "unexpected EOF"},
      {"1.", "unexpected EOF"},
      {"1e", "unexpected EOF"},
      {R"("\u12)", "unexpected EOF"},
      {"{bad", "invalid character 'b' looking for beginning of object key string"},
      {"{invalid", "invalid character 'i' looking for beginning of object key string"},
      {R"({"a":1,})", "invalid character '}' looking for beginning of object key string"},
      {R"({"a"})", "invalid character '}' after object key"},
      {R"({"a" 1})", "invalid character '1' after object key"},
      {R"({"a":1 "b":2})", "invalid character '\"' after object key:value pair"},
      {R"({"a":1])", "invalid character ']' after object key:value pair"},
      {R"({"a":})", "invalid character '}' looking for beginning of value"},
      {"[1 2]", "invalid character '2' after array element"},
      {"[1,]", "invalid character ']' looking for beginning of value"},
      {"[1}", "invalid character '}' after array element"},
      {"[,1]", "invalid character ',' looking for beginning of value"},
      {"<html>", "invalid character '<' looking for beginning of value"},
      {"Mode", "invalid character 'M' looking for beginning of value"},
      {"{'a':1}", R"(invalid character '\'' looking for beginning of object key string)"},
      {"trve", "invalid character 'v' in literal true (expecting 'u')"},
      {"fals3", "invalid character '3' in literal false (expecting 'e')"},
      {"nil", "invalid character 'i' in literal null (expecting 'u')"},
      {"-a", "invalid character 'a' in numeric literal"},
      {"1.x", "invalid character 'x' after decimal point in numeric literal"},
      {"1ex", "invalid character 'x' in exponent of numeric literal"},
      {"1e+x", "invalid character 'x' in exponent of numeric literal"},
      {"[01]", "invalid character '1' after array element"},
      {"+1", "invalid character '+' looking for beginning of value"},
      {"\"a\nb\"", R"(invalid character '\n' in string literal)"},
      {"\"a\x01\"", R"(invalid character '\x01' in string literal)"},
      {R"("\x")", "invalid character 'x' in string escape code"},
      {R"("\u12g4")", R"(invalid character 'g' in \u hexadecimal character escape)"},
      {"\\", R"(invalid character '\\' looking for beginning of value)"},
      {"\0"sv, R"(invalid character '\x00' looking for beginning of value)"},
      {"\xef\xbb\xbf{}", "invalid character '\xc3\xaf' looking for beginning of value"},
      {"\x80", R"(invalid character '\u0080' looking for beginning of value)"},
      {"[[[[1]]]]", ""},
  };
  for (const Case& one : cases) EXPECT_EQ(scan_json(one.text).error, one.error) << one.text;
}

TEST(JsonSyntax, the_first_value_ends_where_it_ends) {
  struct {
    std::string_view text;
    size_t end;
  } cases[] = {{"{}", 2},     {" [ ] x", 4},       {R"({"a":[1,{"b":null}],"c":"d\"e"} {})", 31},
               {"0x", 1},     {"-1.5e+3,", 7},     {"true", 4},
               {R"("é")", 4}, {"[{},[],[[]]]", 12}};
  for (const auto& one : cases) {
    const JsonScan scan = scan_json(one.text);
    EXPECT_EQ(scan.error, "") << one.text;
    EXPECT_EQ(scan.end, one.end) << one.text;
  }
}

TEST(JsonSyntax, nesting_has_an_end) {
  EXPECT_EQ(scan_json("[[1]]", 2).error, "");
  EXPECT_EQ(scan_json("[[[1]]]", 2).error, "exceeded max depth");
  EXPECT_EQ(scan_json(std::string(1'000'000, '[')).error, "exceeded max depth");
}

}  // namespace
}  // namespace skein
