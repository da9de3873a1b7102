// When the swarm's network keys are replaced, and by what; key_rotation_driver.h carries it out. Pure.
//
// Make before break: a rotation moves the window of ca/network_keys.h by one, so the key that becomes primary has been
// with all nodes for a whole period, and the one it replaces is read for another. Keys and the time of the last
// rotation are in the cluster object: a manager that begins anew goes on counting where the last one ended.
#pragma once

#include <optional>

#include "base/random.h"
#include "base/time/clock.h"
#include "store/store.h"

namespace skein::manager {

inline constexpr Duration kKeyRotationPeriod = std::chrono::hours(12);  // Docker's

enum class KeyStep {
  kWait,
  kCountAnew,  // when they were rotated is unknown, or in the future: nothing is known but that it is not due
  kRotate,
};

// Counts by the stored time when it first sees it, and by its own monotonic clock from there on: wall time that jumps
// while a manager lives neither hurries nor delays a rotation.
class KeySchedule {
 public:
  explicit KeySchedule(Duration period) : period_(period) {}

  KeyStep next(const store::api::Cluster& cluster, TimePoint now, WallTime wall);
  // Of the cluster that next() said kWait for.
  TimePoint due() const { return due_; }

 private:
  Duration period_;
  std::optional<WallTime> counted_from_;
  TimePoint due_;
};

// The cluster with the next set of keys; or with the one it has, counted from `wall`.
store::api::Cluster rotate_keys(store::api::Cluster cluster, WallTime wall, Random& random);
// The same because somebody asks for it, whose time has not come: kFailedPrecondition within kKeyPauseMin of the last
// rotation, since a node that has missed two in a row could not read what the others send.
inline constexpr Duration kKeyPauseMin = std::chrono::seconds(10);
Result<store::api::Cluster> rotate_keys_at_once(store::api::Cluster cluster, WallTime wall, Random& random);
store::api::Cluster count_keys_anew(store::api::Cluster cluster, WallTime wall);

// Does in a transaction what the schedule says of the cluster that is stored now.
KeyStep advance_keys(store::Transaction& tx, KeySchedule& schedule, TimePoint now, Random& random);

}  // namespace skein::manager
