// What a container's health check is, and when the container is healthy, as Docker decides it from the results of its
// checks. Pure.
#pragma once

#include <deque>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/time/clock.h"
#include "containers/health/health.h"
#include "model/objects.h"

namespace skein::containers {

struct HealthCheck {
  std::vector<std::string> command;  // empty: none
  Duration interval = std::chrono::seconds(30);
  Duration timeout = std::chrono::seconds(30);
  Duration start_period{0};                           // failures do not count before the first success
  Duration start_interval = std::chrono::seconds(5);  // while they do not count
  int retries = 3;
};

// The service's own check, what it leaves open being the image's; `image_check`: Config.Healthcheck, or null.
HealthCheck health_check(const model::api::HealthConfig& own, const nlohmann::json& image_check);

// "starting", "healthy", "unhealthy"; "none" without a check.
const char* health_name(Health health);

struct CheckResult {
  WallTime start, end;
  int exit_code = 0;  // -1: it did not end by itself, or could not be run; the output says why
  std::string output;
};

class HealthRecord {
 public:
  static constexpr size_t kLogMax = 5;  // results, as Docker keeps them

  explicit HealthRecord(Health health) : health_(health) {}

  Health health() const { return health_; }
  int failing_streak() const { return failures_; }
  const std::deque<CheckResult>& log() const { return log_; }  // the last ones, oldest first

  // The container has ended: unhealthy, as Docker has it.
  void end() { health_ = Health::kUnhealthy; }

  // How long the next check is waited for, `age` after the container's start.
  Duration pause(const HealthCheck& check, Duration age) const;
  // A check has ended that began `age` after the container's start.
  void add(const HealthCheck& check, CheckResult result, Duration age);

 private:
  Health health_;
  int failures_ = 0;  // one after another
  std::deque<CheckResult> log_;
};

}  // namespace skein::containers
