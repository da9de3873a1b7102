#include "control/orchestrator/place/service_places.h"

#include <algorithm>

#include "control/orchestrator/place/restart_policy.h"

namespace skein::control {

Place place_of(const api::Task& task) { return task.slot() != 0 ? Place{task.slot(), {}} : Place{0, task.node_id()}; }

template <class Edit>
void ServicePlaces::edit(const api::Task& task, Edit change) {
  Service& service = services_[task.service_id()];
  HistoryRef& place = service.places[place_of(task)];
  History next = place ? *place : History{};
  const bool was_occupied = is_occupied(next, false);
  SKEIN_ASSERT(!was_occupied || service.occupied > 0);
  if (was_occupied) --service.occupied;
  change(next);
  if (is_occupied(next, false)) ++service.occupied;
  SKEIN_ASSERT(service.occupied <= service.places.size());
  const bool is_over = next.empty();
  place = std::make_shared<const History>(std::move(next));
  if (is_over) service.places.erase(place_of(task));
  if (service.places.empty()) services_.erase(task.service_id());
}

void ServicePlaces::apply(const store::Change& change) {
  if (change.kind != store::Kind::kTask) return;
  auto old = change.old<api::Task>(), now = change.now<api::Task>();
  if (old && old->service_id().empty()) old = nullptr;  // an attachment
  if (now && now->service_id().empty()) now = nullptr;
  auto same = [&](const auto& task) { return task->id() == change.id; };
  if (old && now && old->service_id() == now->service_id() && place_of(*old) == place_of(*now))
    return edit(*now, [&](History& history) {
      auto place = std::ranges::find_if(history, same);
      SKEIN_ASSERT(place != history.end());
      *place = now;
    });
  if (old)
    edit(*old, [&](History& history) {
      const size_t erased = std::erase_if(history, same);
      SKEIN_ASSERT(erased == 1);
    });
  if (now) edit(*now, [&](History& history) { history.insert(std::ranges::upper_bound(history, now, is_older), now); });
}

Histories ServicePlaces::all(const std::string& service_id) const {
  auto found = services_.find(service_id);
  if (found == services_.end()) return {};
  return {found->second.places.begin(), found->second.places.end()};
}

HistoryRef ServicePlaces::at(const std::string& service_id, const Place& place) const {
  static const auto kNone = std::make_shared<const History>();
  auto service = services_.find(service_id);
  if (service == services_.end()) return kNone;
  auto found = service->second.places.find(place);
  SKEIN_ASSERT(found == service->second.places.end() || (found->second && !found->second->empty()));
  return found == service->second.places.end() ? kNone : found->second;
}

size_t ServicePlaces::occupied(const std::string& service_id) const {
  auto found = services_.find(service_id);
  return found == services_.end() ? 0 : found->second.occupied;
}

Histories histories_of(const store::Tables& view, const api::Service& service) {
  Histories out = view.index<ServicePlaces>().all(service.id());
  if (!service.spec().has_replicated_job()) return out;
  auto rest = std::ranges::find_if(out, [](const auto& entry) { return entry.first.slot != 0; });
  if (rest == out.begin()) return out;
  History first;
  for (auto at = out.begin(); at != rest; ++at) first.insert(first.end(), at->second->begin(), at->second->end());
  sort_by_age(first);
  *std::prev(rest) = {Place{0, {}}, std::make_shared<const History>(std::move(first))};
  out.erase(out.begin(), std::prev(rest));
  return out;
}

}  // namespace skein::control
