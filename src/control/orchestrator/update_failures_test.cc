// What becomes of an update that fails, and of one that is taken back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "control/orchestrator/update_for_test.h"

namespace skein::control {
namespace {

using testing::StartsWith;

TEST_F(Update, a_failure_pauses_it_and_the_rest_stays) {
  start(3, [](auto& config) { *config.mutable_delay() = model::to_wire(3s); });
  image_fails("v2", 1s);
  set_image("v2");
  swarm.run(5s);
  EXPECT_EQ(status().state(), api::UpdateStatus::PAUSED);
  EXPECT_THAT(status().message(), StartsWith("update paused due to failure or early termination of task "));
  const std::string failed = status().message().substr(status().message().rfind(' ') + 1);
  ASSERT_NE(swarm.tables.get<api::Task>(failed), nullptr);
  EXPECT_EQ(swarm.tables.get<api::Task>(failed)->status().state(), api::FAILED_);
  swarm.run(60s);
  EXPECT_EQ(count_running("v1"), 2u);
  image_fails("v2", 1h);
  set_image("v3");
  swarm.run(30s);
  EXPECT_EQ(count_running("v3"), 3u);
  EXPECT_EQ(status().state(), api::UpdateStatus::COMPLETED);
}

// The image may take minutes to come: only the time that the task ran counts.
TEST_F(Update, a_task_that_starts_late_and_ends_early_is_a_failure) {
  start(2);
  swarm.fate = [](const api::Task& task) {
    return task.spec().container().image() == "v2" ? Fate{.starts_after = 90s, .runs_for = 2s} : Fate{};
  };
  set_image("v2");
  swarm.run(100s);
  EXPECT_EQ(status().state(), api::UpdateStatus::PAUSED);
}

TEST_F(Update, a_task_that_ran_long_enough_before_it_ended_is_no_failure) {
  start(3, [](auto& config) { *config.mutable_delay() = model::to_wire(20s); });
  image_fails("v2", 22s);  // the monitored period is 21 s
  set_image("v2");
  swarm.run(30s);
  EXPECT_EQ(status().state(), api::UpdateStatus::UPDATING);
  image_fails("v2", 1h);
  swarm.run(80s);
  EXPECT_EQ(status().state(), api::UpdateStatus::COMPLETED);
}

TEST_F(Update, failures_up_to_the_ratio_are_borne) {
  start(4, [](auto& config) { config.set_max_failure_ratio(0.25); });
  std::set<std::string> failing;
  swarm.fate = [&](const api::Task& task) {
    const bool fails =
        task.slot() == 2 && task.spec().container().image() == "v2" && (failing.empty() || failing.contains(task.id()));
    if (fails) failing.insert(task.id());
    return fails ? Fate{.runs_for = 1s} : Fate{};
  };
  set_image("v2");
  swarm.run(40s);
  EXPECT_EQ(failing.size(), 1u);
  EXPECT_EQ(status().state(), api::UpdateStatus::COMPLETED);
  EXPECT_EQ(count_running("v2"), 4u);
}

TEST_F(Update, one_failure_more_than_the_ratio_is_not_borne) { expect_pause_after_two_of_four(); }

// The history of tasks may be shorter than an update: what failed must not be forgotten with it.
TEST_F(Update, failures_are_remembered_without_history) {
  swarm.change([](store::Transaction& tx) {
    api::Cluster cluster = *tx.view().cluster();
    cluster.mutable_spec()->mutable_orchestration()->set_task_history_retention_limit(0);
    tx.update(cluster);
  });
  expect_pause_after_two_of_four();
}

TEST_F(Update, continue_goes_through_whatever_fails) {
  start(3, [](auto& config) { config.set_failure_action(api::UpdateConfig::CONTINUE); });
  image_fails("v2", 1s);
  set_image("v2");
  swarm.run(60s);
  EXPECT_EQ(count_wanted("v1"), 0u);
  EXPECT_EQ(status().state(), api::UpdateStatus::COMPLETED);
}

TEST_F(Update, a_failure_rolls_back_to_the_spec_before) {
  start(3, [](auto& config) { config.set_failure_action(api::UpdateConfig::ROLLBACK); });
  const uint64_t version = swarm.service("s").spec_version().index();
  image_fails("v2", 1s);
  set_image("v2");
  swarm.run(4s);
  EXPECT_EQ(status().state(), api::UpdateStatus::ROLLBACK_STARTED);
  EXPECT_THAT(status().message(), StartsWith("update rolled back due to failure or early termination of task "));
  EXPECT_EQ(swarm.service("s").spec().task().container().image(), "v1");
  EXPECT_EQ(swarm.service("s").spec_version().index(), version);
  EXPECT_FALSE(swarm.service("s").has_previous_spec());
  swarm.run(20s);
  EXPECT_EQ(status().state(), api::UpdateStatus::ROLLBACK_COMPLETED);
  EXPECT_EQ(status().message(), "rollback completed");
  EXPECT_EQ(count_running("v1"), 3u);
  EXPECT_EQ(swarm.running("s").size(), 3u);
}

// Meanwhile the other one has come to wait for this one.
TEST_F(Update, a_rollback_that_would_have_services_wait_for_each_other_is_a_pause) {
  start(2, [](auto& config) { config.set_failure_action(api::UpdateConfig::ROLLBACK); });
  const std::string own = swarm.service("s").spec().annotations().name();
  image_fails("v2", 1s);
  set_image("v2");
  swarm.change([&](store::Transaction& tx) {
    api::Service service = *tx.view().get<api::Service>("s");
    (*service.mutable_previous_spec()->mutable_annotations()->mutable_labels())["skein.depends_on"] =
        "other:service_started";
    tx.update(service);
    api::Service other;
    other.set_id("o");
    other.mutable_spec()->mutable_annotations()->set_name("other");
    (*other.mutable_spec()->mutable_annotations()->mutable_labels())["skein.depends_on"] = own + ":service_started";
    other.mutable_spec()->mutable_replicated();
    tx.create(other);
  });
  swarm.run(10s);
  EXPECT_EQ(status().state(), api::UpdateStatus::PAUSED);
  EXPECT_THAT(status().message(), testing::HasSubstr("; not rolled back: services wait for each other: " + own +
                                                     " waits for other, other for " + own));
  EXPECT_EQ(swarm.service("s").spec().task().container().image(), "v2") << "and can be corrected";
}

TEST_F(Update, a_rollback_that_fails_is_paused) {
  start(3, [](auto& config) { config.set_failure_action(api::UpdateConfig::ROLLBACK); });
  swarm.fate = [](const api::Task& task) {  // the new image does not last, the old one does not start any more
    if (task.spec().container().image() == "v2") return Fate{.runs_for = 1s};
    return Fate{.is_rejected = task.status().state() < api::RUNNING};
  };
  set_image("v2");
  swarm.run(30s);
  EXPECT_EQ(status().state(), api::UpdateStatus::ROLLBACK_PAUSED);
  EXPECT_THAT(status().message(), StartsWith("rollback paused due to failure or early termination of task "));
}

TEST_F(Update, without_a_previous_spec_a_rollback_is_a_pause) {
  start(2, [](auto& config) { config.set_failure_action(api::UpdateConfig::ROLLBACK); });
  image_fails("v2", 1s);
  set_image("v2");
  swarm.change([](store::Transaction& tx) {
    api::Service service = *tx.view().get<api::Service>("s");
    service.clear_previous_spec();
    tx.update(service);
  });
  swarm.run(10s);
  EXPECT_EQ(status().state(), api::UpdateStatus::PAUSED);
}

TEST_F(Update, a_user_rolls_back) {
  start(3);
  set_image("v2");
  swarm.run(20s);
  swarm.roll_back("s");
  swarm.run(4s);
  EXPECT_EQ(status().state(), api::UpdateStatus::ROLLBACK_STARTED);
  EXPECT_EQ(status().message(), "manually requested rollback");
  swarm.run(20s);
  EXPECT_EQ(status().state(), api::UpdateStatus::ROLLBACK_COMPLETED);
  EXPECT_EQ(count_running("v1"), 3u);
  swarm.roll_back("s");
  swarm.run(20s);
  EXPECT_EQ(count_running("v2"), 3u);
}

}  // namespace
}  // namespace skein::control
