// What the next control pass has to look at: collected from the store's changes, and from what earlier passes wanted to
// see again. Pure.
//
// Remembers nothing that the store does not say: a new manager begins by looking at everything.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "manager/loops/control_pass.h"

namespace skein::manager {

class ControlAgenda {
 public:
  void begin(const store::Tables& view);
  void take(const store::Changes& changes);
  // Services and places whose time has come become work.
  void wake(WallTime now);
  // When wake() has something to do, unless changes come first.
  std::optional<WallTime> next_wake() const;

  bool is_empty() const { return work_.is_empty(); }
  // The work for one pass, no more than it may look at before others have their turn; afterwards either passed() or
  // not_stored().
  ControlWork next();
  void passed(const ControlWork& work, ControlOutcome outcome);
  // The pass is to be repeated.
  void not_stored(ControlWork work);

 private:
  ControlWork work_;
  std::map<std::string, WallTime> again_;  // by service
  std::map<ServicePlace, WallTime> again_place_;
  std::map<std::string, std::set<std::string>> starved_;  // services that wait for something of these networks
  control::ScheduleWork held_;                            // until a task that starts runs or ends, or until held_until_
  std::optional<WallTime> held_until_;
};

}  // namespace skein::manager
