// How far a subscription has got in the log of each task, so that a node that comes back repeats no line and leaves
// none out. Pure.
//
// Lines are told apart by their time, and among lines of one time (engines that know seconds only) by their number.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/time/clock.h"
#include "wire/proto/logbroker.pb.h"

namespace skein::manager {

namespace api = docker::swarmkit::v1;

class LogProgress {
 public:
  // The node begins to tell anew. Returns since when, if it has told something before.
  std::optional<WallTime> begin_again(const std::string& node_id);
  // False for a line that was told before the node began again.
  bool take(const api::LogMessage& message);

 private:
  struct Place {
    std::string node_id;
    WallTime last;         // of the latest line
    uint64_t lines = 0;    // with that time
    WallTime known;        // lines before it were told already,
    uint64_t repeats = 0;  // and so many with this time
    bool is_repeating = false;
  };
  std::map<std::string, Place> places_;  // by task id; at most kTasksMax
};

}  // namespace skein::manager
