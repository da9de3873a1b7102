#include "control/scheduler/spread.h"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "control/scheduler/constraint.h"

namespace skein::control {
namespace {

// The way of a node from the root; preferences for anything but labels are ignored, as Docker does.
std::vector<std::string> path_of(const api::Placement& placement, const api::Node& node) {
  std::vector<std::string> out;
  int count = std::min(placement.preferences_size(), kPreferencesMax);
  for (int i = 0; i < count; ++i) {
    auto value = label_value(placement.preferences(i).spread().spread_descriptor(), node);
    if (value) out.push_back(std::move(*value));
  }
  return out;
}

}  // namespace

Spread::Spread(const api::Placement& placement, const std::vector<Candidate>& candidates) {
  for (const Candidate& candidate : candidates) {
    Branch* branch = &root_;
    for (std::string& value : path_of(placement, candidate.load->node())) {
      auto& next = branch->by_value[std::move(value)];
      if (!next) next = std::make_unique<Branch>();
      branch = next.get();
      branch->tasks += candidate.service_tasks;
    }
    if (candidate.is_fit) branch->nodes.push_back(candidate);
  }
  make_heaps(root_);
}

const NodeLoad* Spread::best() const { return is_open(root_) ? first_of(root_).load : nullptr; }

void Spread::placed(bool is_still_fit) {
  SKEIN_ASSERT(best());
  count_first(root_, is_still_fit);
}

const Candidate& Spread::first_of(const Branch& branch) {
  const Branch* at = &branch;
  while (!at->open.empty()) at = at->open.front();
  SKEIN_ASSERT(!at->nodes.empty());
  return at->nodes.front();
}

bool Spread::is_later_node(const Candidate& a, const Candidate& b) {
  auto rank = [](const Candidate& each) {
    return std::tuple(each.failures >= kFailuresToAvoid ? each.failures : 0, each.service_tasks, each.all_tasks,
                      each.failures, std::string_view(each.load->node().id()));
  };
  return rank(a) > rank(b);
}

bool Spread::is_later_branch(const Branch* a, const Branch* b) {
  if (a->tasks != b->tasks) return a->tasks > b->tasks;
  return is_later_node(first_of(*a), first_of(*b));
}

void Spread::make_heaps(Branch& branch) {
  for (auto& [value, child] : branch.by_value) {
    make_heaps(*child);
    if (is_open(*child)) branch.open.push_back(child.get());
  }
  std::make_heap(branch.open.begin(), branch.open.end(), is_later_branch);
  std::make_heap(branch.nodes.begin(), branch.nodes.end(), is_later_node);
}

// On the way down the first element of each heap is taken out; it goes back in its new place if it still takes tasks.
void Spread::count_first(Branch& branch, bool is_still_fit) {
  ++branch.tasks;
  SKEIN_ASSERT(is_open(branch));
  if (branch.open.empty()) {
    std::pop_heap(branch.nodes.begin(), branch.nodes.end(), is_later_node);
    ++branch.nodes.back().service_tasks;
    ++branch.nodes.back().all_tasks;
    if (is_still_fit)
      std::push_heap(branch.nodes.begin(), branch.nodes.end(), is_later_node);
    else
      branch.nodes.pop_back();
    return;
  }
  std::pop_heap(branch.open.begin(), branch.open.end(), is_later_branch);
  Branch* first = branch.open.back();
  count_first(*first, is_still_fit);
  if (is_open(*first))
    std::push_heap(branch.open.begin(), branch.open.end(), is_later_branch);
  else
    branch.open.pop_back();
}

}  // namespace skein::control
