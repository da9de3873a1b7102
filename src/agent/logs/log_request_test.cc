// A manager gets the logs that it asks for: of its tasks' containers only, from where it says.
#include "agent/logs/log_request.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "containers/facts/task_labels.h"

namespace skein::agent {
namespace {

namespace api = docker::swarmkit::v1;
using nlohmann::json;

json container(const std::string& id, const std::string& task, const std::string& service,
               const std::string& state = "running") {
  return {{"Id", id},
          {"State", state},
          {"Labels", {{containers::kTaskIdLabel, task}, {containers::kServiceIdLabel, service}}}};
}

std::vector<std::string> selected(const json& list, const api::LogSelector& selector, bool is_following = false) {
  std::vector<std::string> out;
  for (const auto& each : select_containers(list, selector, "n1", is_following)) out.push_back(each.id);
  return out;
}

using Ids = std::vector<std::string>;

TEST(LogRequest, selects_containers_by_service_task_and_node) {
  const json list{container("c1", "t1", "web"), container("c2", "t2", "db"), container("c3", "t3", "web", "exited"),
                  container("c4", "t4", "")};
  api::LogSelector web, task, node, other, nothing;
  web.add_service_ids("web");
  task.add_task_ids("t2");
  node.add_node_ids("n1");
  other.add_node_ids("n2");
  nothing.add_service_ids("");
  EXPECT_EQ(selected(list, web), (Ids{"c1", "c3"}));
  EXPECT_EQ(selected(list, task), Ids{"c2"});
  EXPECT_EQ(selected(list, node), (Ids{"c1", "c2", "c3", "c4"}));
  EXPECT_TRUE(selected(list, other).empty());
  EXPECT_TRUE(selected(list, nothing).empty());
  EXPECT_TRUE(selected(list, {}).empty());
}

TEST(LogRequest, leaves_a_container_that_has_not_started_for_later_only_when_following) {
  api::LogSelector web;
  web.add_service_ids("web");
  const json list{container("c1", "t1", "web", "created")};
  EXPECT_TRUE(selected(list, web, true).empty());
  EXPECT_EQ(selected(list, web, false), Ids{"c1"});
}

TEST(LogRequest, takes_no_harm_from_a_strange_list) {
  api::LogSelector node;
  node.add_node_ids("n1");
  for (const json& list :
       {json(), json("x"), json::array({nullptr, 1, "x", json::array(), json::object()}),
        json::array({{{"Id", 5}, {"Labels", "x"}}}), json::array({{{"Id", "c"}, {"Labels", nullptr}}}),
        json::array({{{"Id", "c"}, {"Labels", {{containers::kTaskIdLabel, 5}}}}})})
    EXPECT_TRUE(selected(list, node).empty()) << list;
}

TEST(LogRequest, asks_the_engine_for_what_the_manager_wants) {
  api::LogSubscriptionOptions options;
  auto asked = [&] { return engine::log_query_text(*log_query(options)); };
  EXPECT_EQ(asked(), "stdout=1&stderr=1&timestamps=1&tail=all");
  options.set_follow(true);
  options.add_streams(api::STDERR);
  options.set_tail(-11);
  options.mutable_since()->set_seconds(100);
  options.mutable_since()->set_nanos(5'999'999);
  EXPECT_EQ(asked(), "stderr=1&timestamps=1&follow=1&tail=10&since=1970-01-01T00%3A01%3A40.004000000Z");
  options.set_tail(-1);
  options.mutable_since()->set_seconds(INT64_MIN);
  options.mutable_since()->set_nanos(INT32_MIN);
  EXPECT_EQ(asked(), "stderr=1&timestamps=1&follow=1&tail=0&since=1970-01-01T00%3A00%3A00.000000000Z");
  options.mutable_since()->set_seconds(INT64_MAX);
  options.set_tail(INT64_MIN);
  EXPECT_TRUE(log_query(options).ok());
  options.set_tail(1);
  EXPECT_EQ(log_query(options).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace skein::agent
