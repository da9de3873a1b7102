// Newer peers write numbers and strings in other forms, and newer fields; hostile ones write lies.
#include "wire/memberlist/msgpack.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace skein::wire::memberlist {
namespace {

// A map with the one field "a" whose value has these bytes.
std::string map_of(const std::string& value_hex) { return from_hex("81a161" + value_hex).value(); }

Result<uint32_t> number(const std::string& value_hex) {
  const std::string bytes = map_of(value_hex);
  std::string_view input = bytes;
  SKEIN_TRY_ASSIGN(MapFields map, MapFields::take(input));
  return map.u32("a");
}

Result<std::string> text(const std::string& value_hex) {
  const std::string bytes = map_of(value_hex);
  std::string_view input = bytes;
  SKEIN_TRY_ASSIGN(MapFields map, MapFields::take(input));
  return map.text("a");
}

TEST(Msgpack, integers_of_every_width_and_sign_form_are_read) {
  EXPECT_EQ(number("05").value(), 5u);
  EXPECT_EQ(number("cc05").value(), 5u);
  EXPECT_EQ(number("cd1f0a").value(), 7946u);
  EXPECT_EQ(number("ceffffffff").value(), UINT32_MAX);
  EXPECT_EQ(number("cf0000000000000005").value(), 5u);
  EXPECT_EQ(number("d005").value(), 5u);
  EXPECT_EQ(number("d11f0a").value(), 7946u);
  EXPECT_EQ(number("d200010000").value(), 65536u);
  EXPECT_EQ(number("d30000000000000005").value(), 5u);
  EXPECT_EQ(number("c0").value(), 0u);
}

TEST(Msgpack, numbers_that_do_not_fit_are_refused) {
  for (const char* hex : {"ff", "e0", "d0ff", "d1ffff", "d2ffffffff", "d3ffffffffffffffff", "cf0000000100000000"}) {
    EXPECT_FALSE(number(hex).ok()) << hex;
  }
  EXPECT_FALSE(number("a161").ok());
  EXPECT_FALSE(number("c3").ok());
}

TEST(Msgpack, text_of_every_family_is_read) {
  for (const char* hex : {"a3626c75", "d903626c75", "da0003626c75", "db00000003626c75", "c403626c75", "c50003626c75",
                          "c600000003626c75"}) {
    EXPECT_EQ(text(hex).value(), "blu") << hex;
  }
  EXPECT_EQ(text("c0").value(), "");
  EXPECT_FALSE(text("05").ok());
}

TEST(Msgpack, lengths_are_written_in_the_old_raw_forms) {
  EXPECT_EQ(to_hex(MapFormatter().text("a", std::string(31, 'x')).bytes()).substr(0, 8), "81a161bf");
  EXPECT_EQ(to_hex(MapFormatter().text("a", std::string(32, 'x')).bytes()).substr(0, 12), "81a161da0020");
  EXPECT_EQ(to_hex(MapFormatter().text("a", std::string(65536, 'x')).bytes()).substr(0, 16), "81a161db00010000");
}

TEST(Msgpack, integers_are_written_in_their_smallest_form) {
  const auto written = [](uint64_t value) { return to_hex(MapFormatter().integer("a", value).bytes()).substr(6); };
  EXPECT_EQ(written(0), "00");
  EXPECT_EQ(written(127), "7f");
  EXPECT_EQ(written(128), "cc80");
  EXPECT_EQ(written(256), "cd0100");
  EXPECT_EQ(written(65536), "ce00010000");
  EXPECT_EQ(written(uint64_t{1} << 32), "cf0000000100000000");
}

TEST(Msgpack, fields_are_found_in_any_order_behind_anything_unknown) {
  // {"z": [1, {"q": nil}, 1.5, ext], "b": 2, "a": 1}
  const std::string bytes = from_hex(
                                "83a17a9401"
                                "81a171c0"
                                "cb3ff8000000000000"
                                "c70105ff"
                                "a16202"
                                "a16101")
                                .value();
  std::string_view input = bytes;
  auto map = MapFields::take(input);
  ASSERT_TRUE(map.ok()) << map.error().text();
  EXPECT_TRUE(input.empty());
  EXPECT_EQ(map->u32("a").value(), 1u);
  EXPECT_EQ(map->u32("b").value(), 2u);
  EXPECT_FALSE(map->u32("z").ok());
}

TEST(Msgpack, lies_about_size_and_depth_are_refused_without_work) {
  for (const std::string& hex : {std::string("dfffffffff"), std::string("deffff"), std::string("81a161ddffffffff"),
                                 std::string("81a161dfffffffff00"), std::string("81a161dbffffffff"),
                                 std::string("81a161c6ffffffff00"), "81a161" + std::string(2000, '9') + "1"}) {
    const std::string bytes = from_hex(hex.size() % 2 ? hex + "0" : hex).value();
    std::string_view input = bytes;
    EXPECT_FALSE(MapFields::take(input).ok()) << hex.substr(0, 30);
  }
  std::string deep = "81a161";
  for (int i = 0; i < 100000; ++i) deep += "91";
  const std::string bytes = from_hex(deep + "c0").value();
  std::string_view input = bytes;
  EXPECT_FALSE(MapFields::take(input).ok());
}

}  // namespace
}  // namespace skein::wire::memberlist
