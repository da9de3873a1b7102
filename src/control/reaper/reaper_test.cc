#include "control/reaper/reaper.h"

#include <gtest/gtest.h>

#include <set>

namespace skein::control {
namespace {

namespace api = model::api;

struct Reaper : testing::Test {
  store::Tables tables;
  uint64_t index = 0;

  template <class Decide>
  void change(Decide decide) {
    ++index;
    store::Transaction tx(tables, index, WallTime{int64_t(index) * 1'000'000'000});
    decide(tx);
  }
  void SetUp() override {
    set_limit(2);
    api::Service service;
    service.set_id("s");
    service.mutable_spec()->mutable_replicated()->set_replicas(1);
    change([&](store::Transaction& tx) { tx.create(service); });
    api::Node node;
    node.set_id("n1");
    change([&](store::Transaction& tx) { tx.create(node); });
  }
  void set_limit(int64_t limit) {
    api::Cluster cluster;
    cluster.set_id("c");
    cluster.mutable_spec()->mutable_orchestration()->set_task_history_retention_limit(limit);
    change([&](store::Transaction& tx) { tables.cluster() ? tx.update(cluster) : tx.create(cluster); });
  }
  void add(const std::string& id, api::TaskState state, api::TaskState desired, uint64_t slot = 1,
           const std::string& node_id = "n1", const std::string& service_id = "s") {
    api::Task task;
    task.set_id(id);
    task.set_service_id(service_id);
    task.set_slot(slot);
    task.set_node_id(node_id);
    task.mutable_status()->set_state(state);
    task.set_desired_state(desired);
    change([&](store::Transaction& tx) { tx.create(task); });
  }
  std::set<std::string> reaped(const std::string& service_id = "s") {
    std::set<std::string> out;
    for (const auto& [id, task] : tables.all<api::Task>()) out.insert(id);
    change([&](store::Transaction& tx) { reap(tx, service_id); });
    for (const auto& [id, task] : tables.all<api::Task>()) out.erase(id);
    return out;
  }
};
using Ids = std::set<std::string>;

// Created z first: age goes by time, not by id.
TEST_F(Reaper, the_oldest_of_a_slot_go_first) {
  add("z", api::FAILED_, api::SHUTDOWN);
  add("y", api::FAILED_, api::SHUTDOWN);
  add("x", api::RUNNING, api::RUNNING);
  add("other", api::FAILED_, api::SHUTDOWN, 2);
  EXPECT_EQ(reaped(), Ids{"z"});
  EXPECT_EQ(reaped(), Ids{});
}

TEST_F(Reaper, what_may_still_run_stays) {
  add("z", api::RUNNING, api::SHUTDOWN);
  add("y", api::FAILED_, api::SHUTDOWN);
  add("x", api::RUNNING, api::RUNNING);
  EXPECT_EQ(reaped(), Ids{"y"});
}

// Without its last task a slot whose task is not to be restarted would look empty, and be filled again for ever.
TEST_F(Reaper, the_newest_task_of_a_slot_stays_whatever_the_limit) {
  set_limit(0);
  add("z", api::FAILED_, api::SHUTDOWN);
  add("y", api::COMPLETE_, api::SHUTDOWN);
  EXPECT_EQ(reaped(), Ids{"z"});
}

TEST_F(Reaper, a_negative_limit_keeps_everything) {
  set_limit(-1);
  for (const char* id : {"z", "y", "x", "w"}) add(id, api::FAILED_, api::SHUTDOWN);
  EXPECT_EQ(reaped(), Ids{});
}

// The restart policy counts the tasks of a slot.
TEST_F(Reaper, limited_attempts_keep_what_is_needed_to_count_them) {
  change([](store::Transaction& tx) {
    api::Service service = *tx.view().get<api::Service>("s");
    service.mutable_spec()->mutable_task()->mutable_restart()->set_max_attempts(3);
    tx.update(service);
  });
  for (const char* id : {"z", "y", "x", "w", "v"}) add(id, api::FAILED_, api::SHUTDOWN);
  EXPECT_EQ(reaped(), Ids{"z"});
}

TEST_F(Reaper, removed_tasks_go_when_they_cannot_run_any_more) {
  add("runs", api::RUNNING, api::REMOVE_, 1);
  add("stopped", api::SHUTDOWN, api::REMOVE_, 2);
  add("pending", api::PENDING, api::REMOVE_, 3, "");
  add("preassigned", api::PENDING, api::REMOVE_, 4, "n1");
  add("node-gone", api::RUNNING, api::REMOVE_, 5, "n9");
  add("assigned", api::ASSIGNED, api::REMOVE_, 6);
  EXPECT_EQ(reaped(), (Ids{"stopped", "pending", "preassigned", "node-gone"}));
}

TEST_F(Reaper, a_removed_service_leaves_nothing_that_ended) {
  add("failed", api::FAILED_, api::SHUTDOWN);
  add("runs", api::RUNNING, api::REMOVE_);
  change([](store::Transaction& tx) { tx.remove<api::Service>("s"); });
  EXPECT_EQ(reaped(), Ids{"failed"});
}

TEST_F(Reaper, only_orphaned_and_removed_attachments_go) {
  add("orphan", api::ORPHANED, api::RUNNING, 0, "n1", "");
  add("ended", api::FAILED_, api::RUNNING, 0, "n1", "");
  add("runs", api::RUNNING, api::RUNNING, 0, "n1", "");
  add("detached", api::SHUTDOWN, api::REMOVE_, 0, "n1", "");
  add("detaching", api::RUNNING, api::REMOVE_, 0, "n1", "");
  EXPECT_EQ(reaped(""), (Ids{"detached", "orphan"}));
}

TEST_F(Reaper, a_global_service_has_a_history_per_node) {
  change([](store::Transaction& tx) {
    api::Service service = *tx.view().get<api::Service>("s");
    service.mutable_spec()->mutable_global();
    tx.update(service);
  });
  add("z", api::FAILED_, api::SHUTDOWN, 0, "n1");
  add("y", api::FAILED_, api::SHUTDOWN, 0, "n2");
  add("x", api::FAILED_, api::SHUTDOWN, 0, "n1");
  add("w", api::RUNNING, api::RUNNING, 0, "n1");
  EXPECT_EQ(reaped(), Ids{"z"});
}

}  // namespace
}  // namespace skein::control
