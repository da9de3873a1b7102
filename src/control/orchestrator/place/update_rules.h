// How one service is to be updated, and whether a task needs it. Pure.
#pragma once

#include "control/orchestrator/place/place.h"

namespace skein::control {

struct UpdateRules {
  uint64_t parallelism = 1;  // 0: all at once
  Duration delay{};          // of one worker, between two tasks
  Duration monitor = std::chrono::seconds(5);
  api::UpdateConfig::FailureAction failure_action = api::UpdateConfig::PAUSE;
  float max_failure_ratio = 0;
  bool is_start_first = false;
};

// From the rollback config while the service is rolled back, else from the update config; Docker's defaults where they
// are silent. A delay that is not shorter than the monitored period makes that one second longer than the delay.
UpdateRules update_rules(const api::Service& service);

bool is_rollback(const api::Service& service);

// The task is not what the service's spec asks for. A spec that differs in its placement only is good enough if the
// task's node satisfies it; how to pull an image that runs already does not matter.
bool is_dirty(const store::Tables& view, const api::Service& service, const api::Task& task);

}  // namespace skein::control
