#include <algorithm>

#include "control/orchestrator/modes.h"
#include "control/orchestrator/restart.h"
#include "control/orchestrator/update.h"

namespace skein::control {

namespace {

using Slots = std::map<Place, History>;

Slots occupied_slots(const Pass& pass) {
  Slots out = histories_of(pass.view(), pass.service());
  std::erase_if(out, [&](const auto& slot) { return !is_occupied(slot.second, pass.service()); });
  return out;
}

// A slot to be compared with others of the service. Smaller ones are kept.
struct Claim {
  bool is_unplaced;      // no node yet
  uint64_t nth_on_node;  // 1 for the first slot of the service on its node, …
  bool is_idle;          // nothing runs there
  uint64_t slot;
  auto operator<=>(const Claim&) const = default;
};

// The task that stands for a slot: one that runs on a usable node, else the newest.
std::pair<store::Ref<api::Task>, bool> representative(const Pass& pass, const History& history) {
  for (const auto& task : history)
    if (is_wanted(*task) && task->status().state() == api::RUNNING && !is_lost(pass.node(task->node_id()).get()))
      return {task, true};
  return {newest(history), false};
}

// Docker's order: running slots are counted first on their nodes, so that among the n-th ones of all nodes those that
// do not run go before those that do.
std::vector<Place> least_needed_first(const Pass& pass, const Slots& slots) {
  std::vector<std::pair<Claim, std::string>> claims;
  for (const auto& [place, history] : slots) {
    auto [task, runs] = representative(pass, history);
    claims.push_back({{task->node_id().empty(), 0, !runs, place.slot}, task->node_id()});
  }
  std::ranges::sort(claims);
  std::map<std::string, uint64_t> seen_on;
  for (auto& [claim, node_id] : claims) claim.nth_on_node = ++seen_on[node_id];
  std::ranges::sort(claims, std::greater());
  std::vector<Place> out;
  out.reserve(claims.size());
  for (const auto& [claim, node_id] : claims) out.push_back({claim.slot, {}});
  return out;
}

void remove_slot(Pass& pass, const History& history) {
  for (const auto& task : history) pass.want(*task, api::REMOVE_);
}

void scale_down(Pass& pass, Slots& slots, uint64_t replicas) {
  if (slots.size() <= replicas) return;
  auto order = least_needed_first(pass, slots);
  order.resize(slots.size() - replicas);
  for (const Place& place : order) {
    remove_slot(pass, slots[place]);
    slots.erase(place);
  }
}

// Also forgets what is left in slots that the service does not use any more.
void scale_up(Pass& pass, const Slots& slots, uint64_t replicas) {
  Slots unused = histories_of(pass.view(), pass.service());
  std::erase_if(unused, [&](const auto& slot) { return slots.contains(slot.first); });
  Place place{1, {}};
  for (uint64_t count = slots.size(); count < replicas; ++place.slot) {
    if (slots.contains(place)) continue;
    pass.create(place);
    unused.erase(place);
    ++count;
  }
  for (const auto& [slot, history] : unused) remove_slot(pass, history);
}

}  // namespace

void reconcile_replicated(Pass& pass) {
  const uint64_t replicas = pass.service().spec().replicated().replicas();
  Slots slots = occupied_slots(pass);
  scale_down(pass, slots, replicas);
  std::vector<Place> kept;
  for (const auto& [place, history] : slots) {
    restart_ended(pass, place, history);
    kept.push_back(place);
  }
  roll_update(pass, kept);
  scale_up(pass, slots, replicas);
}

}  // namespace skein::control
