// What is to be done about a child, from what is seen of it. Pure.
#pragma once

#include <cstdint>

#include "base/time/clock.h"

namespace skein::io {

struct ChildSight {
  bool is_there = false;    // a program listens at its socket that was started for it
  bool is_current = false;  // … as it would be started now
  bool answers = false;     // … and it answers as it should
};

enum class ChildChoice : uint8_t { kSpawn, kAdopt, kReplace };

// Who listens there for other purposes is nobody that we may end: the child gets a socket anew.
constexpr ChildChoice choose_child(const ChildSight& sight) {
  if (!sight.is_there) return ChildChoice::kSpawn;
  return sight.is_current && sight.answers ? ChildChoice::kAdopt : ChildChoice::kReplace;
}

enum class StartState : uint8_t { kWaiting, kUp, kEnded, kLate };

// Of a child that was started `waited` ago.
constexpr StartState judge_start(bool has_ended, bool answers, Duration waited, Duration limit) {
  if (has_ended) return StartState::kEnded;
  if (answers) return StartState::kUp;
  return waited < limit ? StartState::kWaiting : StartState::kLate;
}

// What lived so long and ended has no fault that shows at the start.
constexpr bool was_well(Duration lived) { return lived >= std::chrono::minutes(1); }

}  // namespace skein::io
