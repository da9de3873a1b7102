// A service of a simulated swarm that is updated, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "control/orchestrator/simulated_swarm_for_test.h"

namespace skein::control {

using namespace std::chrono_literals;

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

}  // namespace skein::control
