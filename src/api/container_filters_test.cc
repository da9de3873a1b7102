// `docker ps --filter health=unhealthy` and `--filter network=appnet` must find what they are asked for.
#include "api/container_filters.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using agent::Health;
using agent::HealthRecord;
using nlohmann::json;

io::http::Query asking(const std::string& filters) {
  io::http::Query query;
  query.set("filters", filters);
  query.set("limit", "2");
  return query;
}

TEST(ContainerFilters, health_is_taken_from_the_question_with_the_limit_it_must_come_before) {
  auto query = asking(R"({"health":{"healthy":true,"none":true},"label":["a"]})");
  auto filters = ContainerFilters::take(query);
  ASSERT_TRUE(filters.ok());
  EXPECT_EQ(query.get("filters"), R"({"label":["a"]})");
  EXPECT_FALSE(query.has("limit"));
  EXPECT_TRUE(query.flag("all"));
  HealthRecord healthy(Health::kHealthy), starting(Health::kStarting);
  EXPECT_TRUE(filters->passes({}, &healthy));
  EXPECT_TRUE(filters->passes({}, nullptr));
  EXPECT_FALSE(filters->passes({}, &starting));
  json entries{1, 2, 3};
  filters->limit(entries);
  EXPECT_EQ(entries, (json{1, 2}));
}

TEST(ContainerFilters, networks_are_found_by_name_and_id) {
  json entry =
      json::parse(R"({"NetworkSettings":{"Networks":{"appnet":{"NetworkID":"n1"},"bridge":{"NetworkID":"n2"}}}})");
  for (auto [wanted, is_found] : {std::pair("appnet", true), {"n2", true}, {"app", false}}) {
    auto query = asking(json{{"network", {wanted}}}.dump());
    EXPECT_EQ(ContainerFilters::take(query)->passes(entry, nullptr), is_found) << wanted;
    EXPECT_EQ(query.get("filters"), "{}");
  }
  auto query = asking(R"({"network":["appnet"]})");
  EXPECT_FALSE(ContainerFilters::take(query)->passes(json::object(), nullptr));
}

TEST(ContainerFilters, without_ours_the_question_stays_as_it_is) {
  for (const char* text : {R"({"label":["a"]})", "what"}) {
    auto query = asking(text);
    auto filters = ContainerFilters::take(query);
    ASSERT_TRUE(filters.ok());
    EXPECT_EQ(query.get("limit"), "2");
    EXPECT_EQ(query.get("filters"), text);
    EXPECT_TRUE(filters->passes({}, nullptr));
  }
}

TEST(ContainerFilters, what_is_no_health_is_refused) {
  auto query = asking(R"({"health":["well"]})");
  auto filters = ContainerFilters::take(query);
  ASSERT_FALSE(filters.ok());
  EXPECT_EQ(filters.error().what, "Unrecognised filter value for health: well");
}

}  // namespace
}  // namespace skein::api
