// `service logs` asks the right nodes, ends when they have all told, and says what is missing.
#include "manager/logs/log_coverage.h"

#include <gtest/gtest.h>

namespace skein::manager {
namespace {

namespace api = store::api;

api::Task task(const std::string& id, const std::string& service, const std::string& node,
               api::TaskState state = api::RUNNING) {
  api::Task out;
  out.set_id(id);
  out.set_service_id(service);
  out.set_node_id(node);
  out.mutable_status()->set_state(state);
  return out;
}

store::Tables tables(const std::vector<api::Task>& tasks) {
  store::Tables out;
  for (const auto& each : tasks)
    out.apply({model::Kind::kTask, each.id(), store::Ref<api::Task>(), std::make_shared<const api::Task>(each)});
  return out;
}

api::LogSelector service(const std::string& id) {
  api::LogSelector out;
  out.add_service_ids(id);
  return out;
}

using Nodes = std::set<std::string>;

TEST(LogCoverage, asks_each_node_that_has_or_had_a_task_of_the_service) {
  LogCoverage coverage(service("web"), false);
  coverage.begin(tables({task("t1", "web", "n1"), task("t2", "web", "n1"), task("t3", "web", "n2", api::FAILED_),
                         task("t4", "db", "n3"), task("t5", "web", "n4", api::STARTING), task("t6", "", "n5")}));
  EXPECT_EQ(coverage.nodes(), (Nodes{"n1", "n2"}));
}

TEST(LogCoverage, while_following_asks_nodes_before_their_task_runs) {
  LogCoverage coverage(service("web"), true);
  coverage.begin(tables({task("t1", "web", "n1", api::PREPARING)}));
  EXPECT_EQ(coverage.nodes(), Nodes{"n1"});
  EXPECT_FALSE(coverage.add(task("t2", "db", "n2")));
  EXPECT_FALSE(coverage.add(task("t3", "web", "")));
  EXPECT_TRUE(coverage.add(task("t3", "web", "n3", api::ASSIGNED)));
  EXPECT_FALSE(coverage.add(task("t3", "web", "n3", api::RUNNING)));
  EXPECT_EQ(coverage.nodes(), (Nodes{"n1", "n3"}));
}

TEST(LogCoverage, without_following_later_tasks_do_not_matter) {
  LogCoverage coverage(service("web"), false);
  coverage.begin(tables({task("t1", "web", "n1")}));
  EXPECT_FALSE(coverage.add(task("t2", "web", "n2")));
  EXPECT_EQ(coverage.nodes(), Nodes{"n1"});
}

TEST(LogCoverage, is_complete_when_every_node_has_ended) {
  LogCoverage coverage(service("web"), false);
  coverage.begin(tables({task("t1", "web", "n1"), task("t2", "web", "n2")}));
  coverage.end("n1");
  coverage.end("n1");
  coverage.end("stranger");
  EXPECT_FALSE(coverage.is_complete());
  EXPECT_FALSE(coverage.is_awaited("n1"));
  EXPECT_TRUE(coverage.is_awaited("n2"));
  coverage.end("n2");
  EXPECT_TRUE(coverage.is_complete());
  EXPECT_TRUE(coverage.outcome().ok());
}

TEST(LogCoverage, of_nothing_is_complete_at_once) {
  LogCoverage coverage(service("web"), false);
  coverage.begin(tables({}));
  EXPECT_TRUE(coverage.is_complete());
  EXPECT_TRUE(coverage.outcome().ok());
}

TEST(LogCoverage, while_following_never_ends_and_nothing_is_missing) {
  LogCoverage coverage(service("web"), true);
  coverage.begin(tables({task("t1", "web", "n1")}));
  coverage.end("n1", "node n1 disconnected unexpectedly");
  EXPECT_FALSE(coverage.is_complete());
  EXPECT_TRUE(coverage.is_awaited("n1"));
  EXPECT_TRUE(coverage.outcome().ok());
}

TEST(LogCoverage, says_what_is_missing_in_dockers_words) {
  api::LogSelector selector;
  selector.add_task_ids("t2");
  selector.add_service_ids("web");
  LogCoverage coverage(selector, false);
  coverage.begin(tables({task("t1", "web", "n1"), task("t2", "db", "", api::PENDING)}));
  coverage.end("n1", "node n1 is not available");
  coverage.end("n1", "node n1 disconnected unexpectedly");
  ASSERT_FALSE(coverage.outcome().ok());
  EXPECT_EQ(coverage.outcome().error().code, Code::kUnknown);
  EXPECT_EQ(coverage.outcome().error().text(),
            "warning: incomplete log stream. some logs could not be retrieved for the following reasons: task t2 has "
            "not been scheduled, node n1 is not available");
}

TEST(LogCoverage, does_not_list_reasons_without_end) {
  api::LogSelector selector;
  for (int i = 0; i < 1000; ++i) selector.add_node_ids("n" + std::to_string(i));
  LogCoverage coverage(selector, false);
  coverage.begin(tables({}));
  for (int i = 0; i < 1000; ++i) coverage.end("n" + std::to_string(i), "gone");
  EXPECT_TRUE(coverage.is_complete());
  std::string text = coverage.outcome().error().text();
  EXPECT_TRUE(text.ends_with(", and 936 more")) << text;
}

}  // namespace
}  // namespace skein::manager
