#include "control/orchestrator/update/update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "control/orchestrator/simulated_swarm_for_test.h"

namespace skein::control {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

struct Update : testing::Test {
  SimulatedSwarm swarm{3};

  void start(
      uint64_t replicas, const std::function<void(api::UpdateConfig&)>& configure = [](auto&) {}) {
    api::Service service = replicated_service("s", replicas);
    configure(*service.mutable_spec()->mutable_update());
    configure(*service.mutable_spec()->mutable_rollback());
    service.mutable_spec()->mutable_update()->set_parallelism(
        std::max<uint64_t>(1, service.spec().update().parallelism()));
    service.mutable_spec()->mutable_rollback()->set_parallelism(1);
    swarm.create(service);
    swarm.run(3s);
    ASSERT_EQ(swarm.running("s").size(), replicas);
  }
  void set_image(const std::string& image) {
    swarm.update("s", [&](api::ServiceSpec& spec) { spec.mutable_task()->mutable_container()->set_image(image); });
  }
  // Tasks of this image fail that long after their start; none: they do not start at all.
  void image_fails(const std::string& image, std::optional<Duration> after) {
    swarm.fate = [=](const api::Task& task) {
      if (task.spec().container().image() != image) return Fate{};
      return after ? Fate{.runs_for = after} : Fate{.is_rejected = true};
    };
  }
  // Of four slots one may fail, and all would.
  void expect_pause_after_two_of_four() {
    start(4, [](auto& config) {
      config.set_max_failure_ratio(0.4);
      *config.mutable_delay() = model::to_wire(3s);
    });
    image_fails("v2", 1s);
    set_image("v2");
    swarm.run(40s);
    EXPECT_EQ(status().state(), api::UpdateStatus::PAUSED);
    EXPECT_EQ(count_running("v1"), 2u);
  }
  const api::UpdateStatus& status() const { return swarm.service("s").update_status(); }
  size_t count_wanted(const std::string& image) const {
    auto tasks = swarm.wanted("s");
    return size_t(
        std::ranges::count_if(tasks, [&](const auto& task) { return task->spec().container().image() == image; }));
  }
  size_t count_running(const std::string& image) const {
    auto tasks = swarm.running("s");
    return size_t(
        std::ranges::count_if(tasks, [&](const auto& task) { return task->spec().container().image() == image; }));
  }
};

TEST_F(Update, one_slot_after_the_other_by_default) {
  start(3);
  swarm.after_tick = [&] {
    EXPECT_GE(swarm.running("s").size(), 2u);
    EXPECT_LE(swarm.running("s").size(), 3u);
  };
  set_image("v2");
  swarm.reconcile();
  EXPECT_EQ(status().state(), api::UpdateStatus::UPDATING);
  EXPECT_EQ(status().message(), "update in progress");
  EXPECT_EQ(model::to_wall(status().started_at()), swarm.now);
  swarm.run(5s);
  EXPECT_THAT(swarm.images_running("s"), ElementsAre("v2"));
  EXPECT_EQ(status().state(), api::UpdateStatus::UPDATING);  // still watched
  swarm.run(5s);
  EXPECT_EQ(status().state(), api::UpdateStatus::COMPLETED);
  EXPECT_EQ(status().message(), "update completed");
  EXPECT_TRUE(status().has_completed_at());
}

// start-first is for services that must not lose capacity.
TEST_F(Update, start_first_never_has_fewer_than_wanted) {
  start(3, [](auto& config) { config.set_order(api::UpdateConfig::START_FIRST); });
  swarm.after_tick = [&] {
    EXPECT_GE(swarm.running("s").size(), 3u);
    EXPECT_LE(swarm.running("s").size(), 5u);  // one to start, one not yet stopped
  };
  set_image("v2");
  swarm.run(15s);
  EXPECT_THAT(swarm.images_running("s"), ElementsAre("v2"));
  EXPECT_EQ(swarm.running("s").size(), 3u);
  EXPECT_EQ(status().state(), api::UpdateStatus::COMPLETED);
}

TEST_F(Update, start_first_keeps_the_old_task_while_the_new_one_fails) {
  start(2, [](auto& config) { config.set_order(api::UpdateConfig::START_FIRST); });
  image_fails("v2", std::nullopt);
  swarm.after_tick = [&] { EXPECT_EQ(count_running("v1"), 2u); };
  set_image("v2");
  swarm.run(20s);
  EXPECT_EQ(status().state(), api::UpdateStatus::PAUSED);
}

TEST_F(Update, an_old_task_that_dies_beside_its_successor_is_not_replaced_too) {
  start(1, [](auto& config) { config.set_order(api::UpdateConfig::START_FIRST); });
  swarm.fate = [](const api::Task&) { return Fate{.starts_after = 10s}; };
  auto old = swarm.task_at("s", 1);
  set_image("v2");
  swarm.run(2s);
  swarm.report(old->id(), api::FAILED_);
  swarm.run(30s);
  EXPECT_EQ(swarm.tasks("s").size(), 2u);
  EXPECT_EQ(count_running("v2"), 1u);
}

TEST_F(Update, of_two_good_tasks_in_one_slot_one_goes) {
  start(1);
  api::Task twin = *swarm.task_at("s", 1);
  twin.set_id("twin");
  twin.mutable_status()->set_state(api::NEW);
  swarm.change([&](store::Transaction& tx) { tx.create(twin); });
  swarm.run(3s);
  ASSERT_EQ(swarm.running("s").size(), 1u);
  EXPECT_NE(swarm.running("s")[0]->id(), "twin") << "the one that ran already stays";
}

TEST_F(Update, a_task_lost_with_its_node_for_good_does_not_hold_up_the_others) {
  start(2);
  swarm.fate = [&](const api::Task& task) { return task.slot() == 1 ? Fate{.starts_after = 1h} : Fate{}; };
  swarm.update("s", [](api::ServiceSpec& spec) {
    spec.mutable_task()->mutable_restart()->set_condition(api::RestartPolicy::NONE);
    spec.mutable_task()->mutable_container()->set_image("v2");
  });
  swarm.run(3s);
  ASSERT_EQ(count_wanted("v1"), 1u);
  swarm.set_node_state(swarm.task_at("s", 1)->node_id(), api::NodeStatus::DOWN);
  swarm.run(20s);
  EXPECT_EQ(count_running("v2"), 1u);
  EXPECT_EQ(status().state(), api::UpdateStatus::COMPLETED);
}

TEST_F(Update, parallelism_bounds_what_is_busy) {
  start(6, [](auto& config) { config.set_parallelism(2); });
  swarm.after_tick = [&] { EXPECT_GE(swarm.running("s").size(), 4u); };
  set_image("v2");
  swarm.reconcile();
  EXPECT_EQ(count_wanted("v2"), 2u);
  swarm.run(20s);
  EXPECT_EQ(count_running("v2"), 6u);
}

TEST_F(Update, parallelism_zero_takes_all_at_once) {
  start(4);
  swarm.update("s", [](api::ServiceSpec& spec) {
    spec.mutable_update()->set_parallelism(0);
    spec.mutable_task()->mutable_container()->set_image("v2");
  });
  swarm.reconcile();
  EXPECT_EQ(count_wanted("v2"), 4u);
}

TEST_F(Update, the_delay_lies_between_a_running_task_and_the_next) {
  start(2, [](auto& config) { *config.mutable_delay() = model::to_wire(10s); });
  set_image("v2");
  swarm.run(2s);
  EXPECT_EQ(count_running("v2"), 1u);
  swarm.run(8s);
  EXPECT_EQ(count_wanted("v2"), 1u);
  swarm.run(2s);
  EXPECT_EQ(count_wanted("v2"), 2u);
  swarm.run(18s);
  EXPECT_EQ(status().state(), api::UpdateStatus::UPDATING);  // the delay makes the monitored period longer: 11 s
  swarm.run(5s);
  EXPECT_EQ(status().state(), api::UpdateStatus::COMPLETED);
}

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

TEST_F(Update, an_update_during_an_update_takes_over) {
  start(4);
  set_image("v2");
  swarm.run(1s);
  set_image("v3");
  swarm.after_tick = [&] { EXPECT_LE(swarm.running("s").size(), 4u); };
  swarm.run(30s);
  EXPECT_EQ(count_running("v3"), 4u);
  EXPECT_EQ(swarm.running("s").size(), 4u);
}

TEST_F(Update, scaling_alone_restarts_nothing) {
  start(2);
  auto before = swarm.running("s");
  swarm.update("s", [](api::ServiceSpec& spec) { spec.mutable_replicated()->set_replicas(3); });
  swarm.run(10s);
  EXPECT_EQ(swarm.tasks("s").size(), 3u);
  EXPECT_EQ(swarm.running("s")[0]->id(), before[0]->id());
  EXPECT_FALSE(swarm.service("s").has_update_status());
}

TEST_F(Update, force_replaces_tasks_of_the_same_spec) {
  start(2);
  auto before = swarm.running("s");
  swarm.update("s", [](api::ServiceSpec& spec) { spec.mutable_task()->set_force_update(1); });
  swarm.run(20s);
  ASSERT_EQ(swarm.running("s").size(), 2u);
  for (const auto& task : swarm.running("s")) {
    EXPECT_NE(task->id(), before[0]->id());
    EXPECT_NE(task->id(), before[1]->id());
    EXPECT_EQ(task->spec().force_update(), 1u);
  }
}

TEST_F(Update, another_manager_goes_on_where_the_first_one_ended) {
  start(4, [](auto& config) { *config.mutable_delay() = model::to_wire(3s); });
  set_image("v2");
  swarm.run(5s);
  SimulatedSwarm other(0, 7);
  other.tables = swarm.tables;
  other.now = swarm.now;
  other.create(replicated_service("unrelated", 0));
  other.change([](store::Transaction& tx) { tx.remove<api::Service>("unrelated"); });
  const size_t reached = count_wanted("v2");
  std::optional<WallTime> next;
  other.change([&](store::Transaction& tx) { next = reconcile_service(tx, "s", other.random); });
  EXPECT_TRUE(next.has_value());
  auto wanted = other.wanted("s");
  EXPECT_EQ(
      size_t(std::ranges::count_if(wanted, [](const auto& task) { return task->spec().container().image() == "v2"; })),
      reached);
}

}  // namespace
}  // namespace skein::control
