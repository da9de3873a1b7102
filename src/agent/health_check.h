// When a container is healthy, as Docker decides it from the results of its checks. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "agent/task_step.h"
#include "base/clock.h"

namespace skein::agent {

struct HealthCheck {
  std::vector<std::string> command;  // empty: none
  Duration interval = std::chrono::seconds(30);
  Duration timeout = std::chrono::seconds(30);
  Duration start_period{0};  // failures do not count before the first success
  int retries = 3;
};

// The service's own check, what it leaves open being the image's; `image_check`: Config.Healthcheck, or null.
HealthCheck health_check(const model::api::HealthConfig& own, const nlohmann::json& image_check);

class HealthRecord {
 public:
  explicit HealthRecord(Health health) : health_(health) {}

  Health health() const { return health_; }
  // A check has ended that began `age` after the container's start.
  void add(const HealthCheck& check, bool is_success, Duration age);

 private:
  Health health_;
  int failures_ = 0;  // one after another
};

}  // namespace skein::agent
