#include <map>

#include "control/orchestrator/modes.h"
#include "control/orchestrator/pass/restart.h"
#include "control/orchestrator/place/restart_policy.h"
#include "control/orchestrator/update/update.h"
#include "control/scheduler/constraint.h"

namespace skein::control {

namespace {

using HistoryOf = std::map<Place, HistoryRef>;

std::vector<store::Ref<api::Node>> nodes_for(const Pass& pass) {
  std::vector<store::Ref<api::Node>> out;
  auto constraints = parse_constraints(pass.service().spec().task().placement().constraints());
  if (!constraints.ok()) return out;
  for (const auto& [id, node] : pass.view().all<api::Node>())
    if (!is_lost(node.get()) && satisfies(*constraints, *node)) out.push_back(node);
  return out;
}

// Nobody comes back to a node that is gone, so what was there is not kept as its history.
void leave(Pass& pass, const Place& place, const History& history) {
  const bool is_gone = !pass.node(place.node_id);
  for (const auto& task : history) {
    if (is_gone || is_wanted(*task)) pass.want(*task, is_gone ? api::REMOVE_ : api::SHUTDOWN);
    pass.allow_cut();
  }
}

void give_up_ended(Pass& pass, const History& history) {
  for (const auto& task : history) {
    if (is_wanted(*task) && has_ended(*task)) pass.want(*task, api::SHUTDOWN);
    pass.allow_cut();
  }
}

// Takes the history of a place out of those not looked at yet.
History taken(HistoryOf& histories, const Place& place) {
  auto found = histories.extract(place);
  return found.empty() ? History{} : *found.mapped();
}

void fill(Pass& pass, const Place& place, const History& history) {
  if (is_occupied(history, false))
    restart_ended(pass, place, history);
  else if (pass.may_change_place())
    pass.create(place);
  pass.allow_cut();
}

}  // namespace

void reconcile_global(Pass& pass) {
  const Histories all = histories_of(pass.view(), pass.service());
  HistoryOf left(all.begin(), all.end());
  std::vector<Place> places;
  for (const auto& node : nodes_for(pass)) {
    Place place{0, node->id()};
    History history = taken(left, place);
    if (node->spec().availability() == api::AVAILABILITY_PAUSE) {
      give_up_ended(pass, history);
      continue;
    }
    fill(pass, place, history);
    places.push_back(place);
  }
  for (const auto& [place, history] : left) leave(pass, place, *history);
  roll_update(pass, places);
}

}  // namespace skein::control
