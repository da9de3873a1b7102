// A filter that is misread lists too much, or removes it.
#include "api/requests/filters.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using Labels = std::map<std::string, std::string>;

const WallTime kNow{1'795'382'240'000'000'000};

Result<ListFilters> filters_of(const std::string& text) {
  io::http::Query query;
  if (!text.empty()) query.set("filters", text);
  return ListFilters::parse(query, {"all", "label", "label!", "name", "until"});
}

std::string refusal(const std::string& text) {
  auto filters = filters_of(text);
  return filters.ok() ? "" : filters.error().text();
}

TEST(Filters, both_forms_of_clients_mean_the_same) {
  for (const char* text : {R"({"label":{"a=b":true}})", R"({"label":["a=b"]})"}) {
    auto filters = filters_of(text);
    ASSERT_TRUE(filters.ok()) << text;
    EXPECT_EQ(filters->values("label"), (std::set<std::string>{"a=b"})) << text;
  }
}

TEST(Filters, what_is_not_understood_is_refused) {
  for (const char* text : {"", "{}", "null", R"({"name":{}})", R"({"name":[]})", R"({"name":null})"})
    EXPECT_EQ(refusal(text), "") << text;
  for (const char* text : {"x", "[]", "5", R"("name")", R"({"name":"x"})", R"({"name":5})", R"({"name":[5]})",
                           R"({"name":{"x":1}})", R"({"name":["x"])"})
    EXPECT_EQ(refusal(text), "invalid filter") << text;
  EXPECT_EQ(refusal(R"({"colour":["red"]})"), "invalid filter 'colour'");
}

TEST(Filters, labels_are_all_wanted_and_label_not_names_what_is_spared) {
  const Labels own{{"stage", "x"}, {"keep", ""}};
  const std::pair<const char*, bool> kCases[] = {
      {"{}", true},
      {R"({"label":["stage"]})", true},
      {R"({"label":["stage=x"]})", true},
      {R"({"label":["stage=x","keep"]})", true},
      {R"({"label":["stage=x","keep="]})", true},
      {R"({"label":["stage=y"]})", false},
      {R"({"label":["stage=x","other"]})", false},
      {R"({"label!":["keep"]})", false},
      {R"({"label!":["stage=y"]})", true},
      {R"({"label!":["keep","stage=y"]})", true},
      {R"({"label":["stage=x"],"label!":["keep"]})", false},
      {R"({"label!":[]})", true},
  };
  for (const auto& [text, is_meant] : kCases) EXPECT_EQ(filters_of(text)->label_and_not_label(own), is_meant) << text;
}

TEST(Filters, flags_are_true_or_false_and_nothing_else) {
  EXPECT_EQ(*filters_of("{}")->flag("all"), std::nullopt);
  EXPECT_EQ(*filters_of(R"({"all":["1"]})")->flag("all"), true);
  EXPECT_EQ(*filters_of(R"({"all":["false"]})")->flag("all"), false);
  EXPECT_EQ(filters_of(R"({"all":["maybe"]})")->flag("all").error().text(), "invalid filter 'all=[maybe]'");
  EXPECT_FALSE(filters_of(R"({"all":["true","0"]})")->flag("all").ok());
}

TEST(Filters, until_is_a_moment) {
  EXPECT_EQ(*filters_of("{}")->until(kNow), std::nullopt);
  EXPECT_EQ(*filters_of(R"({"until":["1h"]})")->until(kNow), kNow - std::chrono::hours(1));
  EXPECT_EQ(filters_of(R"({"until":["soon"]})")->until(kNow).error().text(),
            "failed to parse value as time or duration: \"soon\"");
  EXPECT_EQ(filters_of(R"({"until":["1h","2h"]})")->until(kNow).error().text(), "more than one until filter specified");
}

TEST(Filters, names_are_found_by_expressions_of_bounded_cost) {
  const std::pair<const char*, bool> kCases[] = {{"web", true},        {"^web-1$", true}, {"^web$", false},
                                                 {"w.b-[0-9]+", true}, {"[", false},      {"web{1}", true},
                                                 {"b-1|x", true}};
  for (const auto& [expression, is_found] : kCases)
    EXPECT_EQ(filters_of(R"({"name":[")" + std::string(expression) + R"("]})")->matches("name", "web-1"), is_found)
        << expression;
  EXPECT_FALSE(filters_of(R"({"name":["(a{9}){9}"]})")->matches("name", std::string(81, 'a')));
  EXPECT_FALSE(filters_of(R"({"name":[")" + std::string(1000, '(') + R"("]})")->matches("name", "a"));
}

}  // namespace
}  // namespace skein::api
