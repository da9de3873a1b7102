// Which node takes the next task of a group: fewest tasks of its service first, evenly over the values of labels.
//
// Preferences make a tree of label values; a node without the label has the empty value. On every level the branch with
// the fewest tasks of the service goes first, those on nodes that take no more included. Among the nodes of a leaf:
// those where this version failed often lately last, then the fewest tasks of the service, the fewest tasks at all, the
// fewest failures, and the id, so that the same store always gives the same answer.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/scheduler/node_load.h"

namespace skein::control {

inline constexpr size_t kFailuresToAvoid = 5;
inline constexpr int kPreferencesMax = 16;  // levels of the tree; further ones are ignored

struct Candidate {
  const NodeLoad* load;
  bool is_fit;           // takes at least one task
  size_t service_tasks;  // active ones of the group's service
  size_t all_tasks;      // active ones
  size_t failures;       // recent ones of the group's version
};

class Spread {
 public:
  Spread(const api::Placement& placement, const std::vector<Candidate>& candidates);

  // Null when no node takes a task.
  const NodeLoad* best() const;
  // A task of the service has gone to best().
  void placed(bool is_still_fit);

 private:
  struct Branch {
    size_t tasks = 0;
    std::map<std::string, std::unique_ptr<Branch>> by_value;
    std::vector<Branch*> open;     // heap of those with a node that takes tasks, on all levels but the last
    std::vector<Candidate> nodes;  // heap of those that take tasks, on the last level
  };
  static bool is_open(const Branch& branch) { return !branch.open.empty() || !branch.nodes.empty(); }
  static const Candidate& first_of(const Branch& branch);
  static bool is_later_node(const Candidate& a, const Candidate& b);
  static bool is_later_branch(const Branch* a, const Branch* b);
  static void make_heaps(Branch& branch);
  static void count_first(Branch& branch, bool is_still_fit);

  Branch root_;
};

}  // namespace skein::control
