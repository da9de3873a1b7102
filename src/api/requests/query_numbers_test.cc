// Docker passes on what Go's strconv says of numbers in queries.
#include "api/requests/query_numbers.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

TEST(QueryNumbers, are_read_as_go_reads_them) {
  for (const auto& [text, wanted] :
       std::initializer_list<std::pair<const char*, int64_t>>{{"0", 0}, {"10", 10}, {"-1", -1}, {"+7", 7}, {"007", 7}})
    EXPECT_EQ(*parse_int(text), wanted) << text;
  for (const char* text : {"", "x", "1x", " 1", "1.0", "+-1", "0x10"})
    EXPECT_EQ(parse_int(text).error().text(), std::string("strconv.Atoi: parsing \"") + text + "\": invalid syntax");
  EXPECT_EQ(parse_int("99999999999999999999").error().text(),
            "strconv.Atoi: parsing \"99999999999999999999\": value out of range");
  EXPECT_EQ(*parse_uint("17"), 17u);
  for (const char* text : {"-1", "+1", "x"})
    EXPECT_EQ(parse_uint(text).error().text(),
              std::string("strconv.ParseUint: parsing \"") + text + "\": invalid syntax");
}

TEST(QueryNumbers, a_negative_stop_limit_is_none) {
  auto translated = [](const char* text) {
    auto query = io::http::Query::parse(text);
    EXPECT_TRUE(translate_stop_limit(query).ok()) << text;
    return query.text();
  };
  EXPECT_EQ(translated("t=-1"), "t=2147483647");
  EXPECT_EQ(translated("t=5"), "t=5");
  EXPECT_EQ(translated("t=0"), "t=0");
  EXPECT_EQ(translated("t="), "");
  EXPECT_EQ(translated("signal=SIGINT"), "signal=SIGINT");
  auto broken = io::http::Query::parse("t=soon");
  EXPECT_EQ(translate_stop_limit(broken).error().text(), "strconv.Atoi: parsing \"soon\": invalid syntax");
}

}  // namespace
}  // namespace skein::api
