// What a client leaves out is empty; what it gets wrong is named.
#include "api/requests/request_json.h"

#include <gtest/gtest.h>

#include <map>

namespace skein::api {
namespace {

using nlohmann::json;

template <class T>
void expect_refused(const Result<T>& result, const std::string& what) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kInvalidArgument);
  EXPECT_EQ(result.error().what, what);
}

TEST(RequestJson, absent_and_null_are_empty) {
  for (const json& body : {json::object(), json{{"M", nullptr}}}) {
    EXPECT_EQ(*text_member(body, "M"), "");
    EXPECT_EQ(*flag_member(body, "M"), false);
    EXPECT_TRUE(texts_member(body, "M")->empty());
    EXPECT_EQ(*number_member(body, "M"), 0u);
    std::map<std::string, std::string> labels;
    EXPECT_TRUE(labels_member(body, "M", labels).ok());
    EXPECT_TRUE(labels.empty());
  }
}

TEST(RequestJson, values_of_the_wanted_type_are_taken) {
  EXPECT_EQ(*text_member({{"M", "x"}}, "M"), "x");
  EXPECT_EQ(*flag_member({{"M", true}}, "M"), true);
  EXPECT_EQ(*texts_member({{"M", {"a", "b"}}}, "M"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(*number_member({{"M", 4294967295u}}, "M"), 4294967295u);
  std::map<std::string, std::string> labels{{"old", "1"}};
  ASSERT_TRUE(labels_member({{"M", {{"new", "2"}}}}, "M", labels).ok());
  EXPECT_EQ(labels, (std::map<std::string, std::string>{{"old", "1"}, {"new", "2"}}));
}

TEST(RequestJson, other_types_are_refused_by_name) {
  expect_refused(text_member({{"M", 1}}, "M"), "M must be a string");
  expect_refused(flag_member({{"M", "true"}}, "M"), "M must be true or false");
  expect_refused(texts_member({{"M", "a"}}, "M"), "M must be a list of strings");
  expect_refused(texts_member({{"M", json::array({"a", 1})}}, "M"), "M must be a list of strings");
  std::map<std::string, std::string> labels;
  expect_refused(labels_member({{"M", json::array()}}, "M", labels), "M must be an object");
  expect_refused(labels_member({{"M", {{"a", 1}}}}, "M", labels), "M.a must be a string");
  expect_refused(check_is_object(json::array(), "the request"), "invalid JSON: the request must be an object");
}

TEST(RequestJson, numbers_out_of_range_are_refused) {
  for (const char* text : {"-1", "4294967296", "1.5", "1e3", "99999999999999999999999", "\"1\""})
    expect_refused(number_member(json::parse("{\"M\":" + std::string(text) + "}"), "M"),
                   "M must be a number between 0 and 4294967295");
}

}  // namespace
}  // namespace skein::api
