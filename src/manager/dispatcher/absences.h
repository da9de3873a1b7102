// Nodes that stay away: after a day their tasks are given up. Until then a node that returns goes on with what it has.
// Rule: dispatcher wire facts, 10. A restarted manager begins to count anew, as Docker's does. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time/clock.h"
#include "store/store.h"

namespace skein::manager {

class Absences {
 public:
  static constexpr Duration kPatience = std::chrono::hours(24);

  // The nodes that have been down for that long now; each once per absence.
  std::vector<std::string> over(const store::Tables& view, TimePoint now);

 private:
  struct Absence {
    TimePoint since;
    bool is_over = false;
  };
  std::map<std::string, Absence> absences_;  // by node
};

// What was assigned to the node and has not ended is ORPHANED; attachments go, with their addresses.
void orphan_tasks(store::Transaction& tx, const std::string& node_id);

}  // namespace skein::manager
