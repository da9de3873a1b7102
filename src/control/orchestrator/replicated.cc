#include <algorithm>
#include <set>

#include "control/orchestrator/modes.h"
#include "control/orchestrator/pass/restart.h"
#include "control/orchestrator/place/restart_policy.h"
#include "control/orchestrator/update/update.h"

namespace skein::control {

namespace {

Histories occupied_slots(const Pass& pass) {
  Histories out = histories_of(pass.view(), pass.service());
  std::erase_if(out, [](const auto& slot) { return !is_occupied(*slot.second, false); });
  return out;
}

// A slot to be compared with others of the service. Smaller ones are kept.
struct Rank {
  bool is_unplaced;      // no node yet
  uint64_t nth_on_node;  // 1 for the first slot of the service on its node, …
  bool is_idle;          // nothing runs there
  uint64_t slot;
  auto operator<=>(const Rank&) const = default;
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
std::vector<Place> least_needed_first(const Pass& pass, const Histories& slots) {
  std::vector<std::pair<Rank, std::string>> ranks;
  for (const auto& [place, history] : slots) {
    auto [task, runs] = representative(pass, *history);
    SKEIN_ASSERT(task && "an occupied slot has a task");
    ranks.push_back({{task->node_id().empty(), 0, !runs, place.slot}, task->node_id()});
  }
  std::ranges::sort(ranks);
  std::map<std::string, uint64_t> seen_on;
  for (auto& [rank, node_id] : ranks) rank.nth_on_node = ++seen_on[node_id];
  std::ranges::sort(ranks, std::greater());
  std::vector<Place> out;
  out.reserve(ranks.size());
  for (const auto& [rank, node_id] : ranks) out.push_back({rank.slot, {}});
  return out;
}

void remove_slot(Pass& pass, const History& history) {
  for (const auto& task : history) {
    pass.want(*task, api::REMOVE_);
    pass.allow_cut();
  }
}

void scale_down(Pass& pass, Histories& slots, uint64_t replicas) {
  if (slots.size() <= replicas) return;
  auto order = least_needed_first(pass, slots);
  order.resize(slots.size() - replicas);
  for (const Place& place : order) {
    if (!pass.may_change_place()) break;
    remove_slot(pass, *pass.places().at(pass.service().id(), place));
  }
  const std::set<Place> surplus(order.begin(), order.end());
  std::erase_if(slots, [&](const auto& slot) { return surplus.contains(slot.first); });
  SKEIN_ASSERT(slots.size() == replicas);
}

// Both in the order of their places.
void fill_gaps(Pass& pass, const Histories& slots, uint64_t replicas) {
  SKEIN_ASSERT(slots.size() <= replicas);
  auto taken = slots.begin();
  Place place{1, {}};
  for (uint64_t count = slots.size(); count < replicas; ++place.slot) {
    while (taken != slots.end() && taken->first < place) ++taken;
    if (taken != slots.end() && taken->first == place) continue;
    if (!pass.may_change_place()) return;
    pass.create(place);
    pass.allow_cut();
    ++count;
  }
}

// Forgets what is left in slots that the service does not use any more.
void forget_unused(Pass& pass, const Histories& all, const Histories& slots) {
  auto used = slots.begin();
  for (const auto& [place, history] : all) {
    while (used != slots.end() && used->first < place) ++used;
    if (used != slots.end() && used->first == place) continue;
    const HistoryRef present = pass.places().at(pass.service().id(), place);
    if (std::ranges::none_of(*present, [](const auto& task) { return is_wanted(*task); })) remove_slot(pass, *history);
  }
}

}  // namespace

void reconcile_replicated(Pass& pass) {
  const uint64_t replicas = pass.service().spec().replicated().replicas();
  Histories slots = occupied_slots(pass);
  scale_down(pass, slots, replicas);
  std::vector<Place> kept;
  for (const auto& [place, history] : slots) {
    restart_ended(pass, place, *history);
    kept.push_back(place);
  }
  roll_update(pass, kept);
  const Histories all = histories_of(pass.view(), pass.service());
  fill_gaps(pass, slots, replicas);
  forget_unused(pass, all, slots);
}

}  // namespace skein::control
