// What the tasks of a service wait for before each start: the service's label skein.depends_on.
//
// Pure over the tables. A task that has to wait is given to its node and prepared there; it is desired READY until all
// that its service names holds.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "control/orchestrator/place/place.h"

namespace skein::control {

inline constexpr const char* kDependsOnLabel = "skein.depends_on";
inline constexpr size_t kPrerequisitesMax = 64;
// A node that comes back, with its manager or after a reboot, tells of its tasks at once. What it had told before
// counts again after this time.
inline constexpr Duration kConfirmedWithin = std::chrono::seconds(10);

struct Prerequisite {
  enum class Condition {
    kStarted,    // a task of the service starts or runs
    kHealthy,    // one runs: healthy, where there is a health check
    kCompleted,  // the job is done; all tasks of another service have completed
  };
  std::string service;
  Condition condition = Condition::kStarted;
};

// "db:service_healthy,migrate:service_completed_successfully". Each service once.
Result<std::vector<Prerequisite>> parse_prerequisites(std::string_view label);

// The label's text means something, and the service does not wait for itself, be it by way of others.
Result<void> check_prerequisites(const api::ServiceSpec& spec, const store::Tables& view);

struct Wait {
  std::string why;                // "waiting for db to be healthy"
  std::optional<WallTime> until;  // when to look again, although nothing changes
};
// Null if all holds that the service names.
std::optional<Wait> wait_of(const store::Tables& view, const api::Service& service, WallTime now);

// Whose waiting tasks may start, now that something about these services has changed.
Concerned released_by(const store::Tables& view, const std::set<std::string>& services, WallTime now);

}  // namespace skein::control
