#include "io/http/message.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "io/http/head.h"

namespace skein::io::http {
namespace {

TEST(HttpMessage, header_names_compare_without_case) {
  Headers headers{{"Content-Type", "text/plain"}};
  EXPECT_EQ(headers.get("content-type"), "text/plain");
  headers.set("CONTENT-TYPE", "application/json");
  EXPECT_EQ(headers.get("Content-Type"), "application/json");
  EXPECT_EQ(std::distance(headers.begin(), headers.end()), 1);
}

TEST(HttpMessage, query_is_decoded_and_encoded_back) {
  Query query = Query::parse("filters=%7B%22name%22%3A%7B%22a+b%22%3Atrue%7D%7D&all=1&&empty=&bad=%zz&cut=%4");
  EXPECT_EQ(query.get("filters"), R"({"name":{"a b":true}})");
  EXPECT_TRUE(query.flag("all"));
  EXPECT_TRUE(query.has("empty"));
  EXPECT_FALSE(query.flag("empty"));
  EXPECT_EQ(query.get("bad"), "%zz");
  EXPECT_EQ(query.get("cut"), "%4");
  EXPECT_EQ(Query::parse(query.text()).get("filters"), query.get("filters"));
}

TEST(HttpMessage, false_is_what_docker_calls_false) {
  for (const char* text : {"f=0", "f=no", "f=False", "f=none", "f=", "g=1"})
    EXPECT_FALSE(Query::parse(text).flag("f")) << text;
  for (const char* text : {"f=1", "f=true", "f=anything"}) EXPECT_TRUE(Query::parse(text).flag("f")) << text;
}

TEST(HttpMessage, output_that_is_no_utf8_still_becomes_json) {
  EXPECT_NE(Response::of_message(500, "\xff\xfe").body.find("message"), std::string::npos);
}

TEST(HttpMessage, a_value_cannot_add_a_header) {
  std::string text = format_fields({{"X", "a\r\nInjected: yes"}});
  EXPECT_EQ(text.find("\r\nInjected"), std::string::npos);
  EXPECT_EQ(format_request_head("GET", "/a b\r\nX: y", {}).find("\r\nX"), std::string::npos);
}

TEST(HttpMessage, dates_are_in_the_form_of_http) {
  EXPECT_EQ(format_http_date(WallTime{1795387232'000'000'000}), "Sun, 22 Nov 2026 22:40:32 GMT");
}

}  // namespace
}  // namespace skein::io::http
