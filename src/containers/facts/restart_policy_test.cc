#include "containers/facts/restart_policy.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "containers/life/back_off.h"
#include "engine/values/own_labels.h"

namespace skein::containers {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

json container_with(const json& labels, const json& host = json::object()) {
  return {{"Config", {{"Labels", labels}}}, {"HostConfig", host}};
}

TEST(RestartPolicy, is_kept_as_a_label_and_not_told_to_the_engine) {
  json body{{"HostConfig", {{"RestartPolicy", {{"Name", "on-failure"}, {"MaximumRetryCount", 3}}}}}};
  take_policy(body);
  EXPECT_FALSE(body["HostConfig"].contains("RestartPolicy"));
  EXPECT_EQ(body["Labels"][engine::kRestartLabel], "on-failure:3");
  const auto policy = policy_of(container_with(body["Labels"]));
  EXPECT_EQ(policy, (RestartPolicy{"on-failure", 3}));
  EXPECT_EQ(policy_json(*policy), json({{"Name", "on-failure"}, {"MaximumRetryCount", 3}}));
  for (json nothing : {json::object(), json{{"HostConfig", nullptr}}, json{{"Labels", nullptr}}}) {
    take_policy(nothing);
    EXPECT_EQ(policy_of(container_with(nothing["Labels"])), RestartPolicy{"no"});
  }
}

TEST(RestartPolicy, of_an_earlier_version_is_the_engines) {
  const json always{{"RestartPolicy", {{"Name", "always"}}}};
  EXPECT_TRUE(is_restarted_by_engine(container_with(json::object(), always)));
  EXPECT_FALSE(is_restarted_by_engine(container_with({{engine::kRestartLabel, "no"}}, always)));
  EXPECT_FALSE(is_restarted_by_engine(container_with(nullptr, {{"RestartPolicy", {{"Name", ""}}}})));
  EXPECT_FALSE(is_restarted_by_engine(json()));
}

TEST(RestartPolicy, texts_that_are_none_are_none) {
  EXPECT_EQ(parse_policy(""), std::nullopt);
  EXPECT_EQ(parse_policy(":3"), std::nullopt);
  EXPECT_EQ(parse_policy("always:"), RestartPolicy{"always"});
  EXPECT_EQ(parse_policy("on-failure:x"), RestartPolicy{"on-failure"});
}

TEST(BackOff, doubles_and_begins_anew_after_a_long_run) {
  const BackOff back_off;
  Duration pause{};
  std::vector<Duration> pauses;
  pauses.reserve(12);
  for (int i = 0; i < 12; ++i) pauses.push_back(pause = back_off.next(pause, 9s));
  EXPECT_EQ(pauses.front(), 100ms);
  EXPECT_EQ(pauses[1], 200ms);
  EXPECT_EQ(pauses[9], 51200ms);
  EXPECT_EQ(pauses[10], 1min);
  EXPECT_EQ(pauses[11], 1min);
  EXPECT_EQ(back_off.next(pause, 10s), 100ms);
}

}  // namespace
}  // namespace skein::containers
