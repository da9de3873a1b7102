#include "manager/loops/control_agenda.h"

#include <algorithm>
#include <utility>

#include "control/allocator/taken_addresses.h"
#include "control/allocator/taken_ports.h"
#include "control/orchestrator/place/service_places.h"

namespace skein::manager {

namespace api = store::api;

namespace {

// Of each kind in one pass.
constexpr size_t kServicesMax = 16;
constexpr size_t kPlacesMax = 500;
constexpr size_t kNodesMax = 16;

// Others may wait for what its tasks are.
bool begins_to_tell(const api::Node& old, const api::Node& now) {
  return !old.status().has_ready_since() && now.status().has_ready_since();
}

bool starts(const store::Ref<api::Task>& task) { return task && control::is_starting(*task); }

// Its networks are left by a task that has ended.
void note_left(std::set<std::pair<std::string, std::string>>& left, const store::Change& change) {
  auto old = change.old<api::Task>(), now = change.now<api::Task>();
  if (!old || old->node_id().empty() || !model::is_live(*old) || (now && model::is_live(*now))) return;
  for (const auto& attachment : old->networks()) left.emplace(old->node_id(), attachment.network().id());
}

// The first of them; the others stay.
template <class Set>
Set take_some(Set& all, size_t count) {
  if (all.size() <= count) return std::exchange(all, {});
  auto end = std::next(all.begin(), static_cast<std::ptrdiff_t>(count));
  Set out(all.begin(), end);
  all.erase(all.begin(), end);
  return out;
}

template <class Map>
auto due(Map& all, WallTime now) {
  std::set<typename Map::key_type> out;
  std::erase_if(all, [&](const auto& entry) {
    if (entry.second > now) return false;
    out.insert(entry.first);
    return true;
  });
  return out;
}

}  // namespace

void ControlAgenda::begin(const store::Tables& view) {
  for (const auto& [id, service] : view.all<api::Service>()) work_.services.insert(id);
  for (const auto& [id, task] : view.all<api::Task>())
    if (!task->service_id().empty()) work_.services.insert(task->service_id());
  for (const auto& [id, node] : view.all<api::Node>()) work_.nodes.insert(id);
  work_.starved = work_.services;
  for (const auto& [id, node] : view.all<api::Node>())
    for (const auto& attachment : node->attachments()) work_.left.emplace(id, attachment.network().id());
  work_.placing.everything = true;
}

void ControlAgenda::take(const store::Changes& changes) {
  work_.placing.take(changes);
  std::set<std::string> free;  // networks that may have an address more
  for (const auto& change : changes) {
    if (change.kind == store::Kind::kNetwork) free.insert({change.id, kIngress});
    if (change.kind == store::Kind::kService && control::gives_back_port(change)) free.insert(kIngress);
    free.merge(control::networks_with_room_by(change));
    note_left(work_.left, change);
    if (change.kind == store::Kind::kService) work_.services.insert(change.id);
    if (change.kind == store::Kind::kNode) {
      auto old = change.old<api::Node>(), now = change.now<api::Node>();
      if (!old || !now || !control::is_placed_alike(*old, *now) || begins_to_tell(*old, *now))
        work_.nodes.insert(change.id);
    }
    if (change.kind != store::Kind::kTask) continue;
    auto old = change.old<api::Task>(), now = change.now<api::Task>();
    if (starts(old) && !starts(now)) work_.placing.merge(std::exchange(held_, {}));
    for (const auto& task : {old, now})
      if (task && !task->service_id().empty()) work_.places.emplace(task->service_id(), control::place_of(*task));
  }
  auto is_free = [&](const std::string& network) { return free.contains(network); };
  for (const auto& [service, networks] : starved_)
    if (!free.empty() && std::ranges::any_of(networks, is_free)) work_.starved.insert(service);
}

void ControlAgenda::wake(WallTime now) {
  work_.services.merge(due(again_, now));
  work_.places.merge(due(again_place_, now));
  if (!held_until_ || *held_until_ > now) return;
  work_.placing.merge(std::exchange(held_, {}));
  held_until_.reset();
}

std::optional<WallTime> ControlAgenda::next_wake() const {
  auto next = held_until_;
  auto consider = [&](WallTime when) { next = next ? std::min(*next, when) : when; };
  for (const auto& [service, when] : again_) consider(when);
  for (const auto& [place, when] : again_place_) consider(when);
  return next;
}

ControlWork ControlAgenda::next() {
  ControlWork out;
  out.services = take_some(work_.services, kServicesMax);
  out.places = take_some(work_.places, kPlacesMax);
  out.nodes = take_some(work_.nodes, kNodesMax);
  out.starved = std::exchange(work_.starved, {});
  out.left = std::exchange(work_.left, {});
  out.placing = std::exchange(work_.placing, {});
  return out;
}

void ControlAgenda::passed(const ControlWork& work, ControlOutcome outcome) {
  for (const auto& service : work.starved) starved_.erase(service);
  for (const auto& place : work.places) again_place_.erase(place);
  for (const auto& service : outcome.looked_at) {
    again_.erase(service);
    auto first = again_place_.lower_bound({service, control::Place{}});
    auto last = first;
    while (last != again_place_.end() && last->first.first == service) ++last;
    again_place_.erase(first, last);
  }
  for (const auto& [service, when] : outcome.again) again_[service] = when;
  for (const auto& [place, when] : outcome.again_place) again_place_[place] = when;
  for (auto& [service, networks] : outcome.starved) starved_[service] = std::move(networks);
  work_.starved.merge(outcome.left);
  work_.placing.merge(std::move(outcome.placing.left));
  held_.merge(std::move(outcome.placing.held));
  if (auto again = outcome.placing.again) held_until_ = held_until_ ? std::min(*held_until_, *again) : again;
}

void ControlAgenda::not_stored(ControlWork work) {
  work_.services.merge(work.services);
  work_.places.merge(work.places);
  work_.nodes.merge(work.nodes);
  work_.left.merge(work.left);
  work_.starved.merge(work.starved);
  work_.placing.merge(std::move(work.placing));
}

}  // namespace skein::manager
