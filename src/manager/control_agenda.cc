#include "manager/control_agenda.h"

#include <algorithm>

namespace skein::manager {

namespace api = store::api;

namespace {

bool starts(const store::Ref<api::Task>& task) { return task && control::is_starting(*task); }

bool holds_addresses(const store::Ref<api::Task>& task) { return task && model::is_live(*task); }

}  // namespace

void ControlAgenda::begin(const store::Tables& view) {
  for (const auto& [id, service] : view.all<api::Service>()) work_.services.insert(id);
  for (const auto& [id, task] : view.all<api::Task>())
    if (!task->service_id().empty()) work_.services.insert(task->service_id());
  for (const auto& [id, node] : view.all<api::Node>()) work_.nodes.insert(id);
  work_.placing.everything = true;
}

void ControlAgenda::take(const store::Changes& changes) {
  work_.placing.take(changes);
  bool is_network_changed = false;
  for (const auto& change : changes) {
    is_network_changed = is_network_changed || change.kind == store::Kind::kNetwork;
    if (change.kind == store::Kind::kService) work_.services.insert(change.id);
    if (change.kind == store::Kind::kNode) {
      auto old = change.old<api::Node>(), now = change.now<api::Node>();
      if (!old || !now || !control::is_placed_alike(*old, *now)) work_.nodes.insert(change.id);
    }
    if (change.kind != store::Kind::kTask) continue;
    auto old = change.old<api::Task>(), now = change.now<api::Task>();
    if (starts(old) && !starts(now)) work_.placing.merge(std::exchange(held_, {}));
    const std::string& service = (now ? now : old)->service_id();
    if (service.empty()) continue;  // an attachment: its addresses go with it
    work_.services.insert(service);
    if (holds_addresses(old) && !holds_addresses(now)) work_.ended.push_back(old);
  }
  // Something may have become free for those who wait.
  if (!work_.ended.empty() || is_network_changed) work_.services.insert(starved_.begin(), starved_.end());
}

void ControlAgenda::wake(WallTime now) {
  for (const auto& [service, when] : again_)
    if (when <= now) work_.services.insert(service);
  if (held_until_ && *held_until_ <= now) {
    work_.placing.merge(std::exchange(held_, {}));
    held_until_.reset();
  }
}

std::optional<WallTime> ControlAgenda::next_wake() const {
  auto next = held_until_;
  for (const auto& [service, when] : again_) next = next ? std::min(*next, when) : when;
  return next;
}

void ControlAgenda::passed(const ControlWork& work, ControlOutcome outcome) {
  for (const auto& service : work.services) again_.erase(service), starved_.erase(service);
  for (const auto& [service, when] : outcome.again) again_[service] = when;
  starved_.merge(outcome.starved);
  work_.placing.merge(std::move(outcome.placing.left));
  held_.merge(std::move(outcome.placing.held));
  if (auto again = outcome.placing.again) held_until_ = held_until_ ? std::min(*held_until_, *again) : again;
}

void ControlAgenda::not_stored(ControlWork work) {
  work_.services.merge(work.services);
  work_.nodes.merge(work.nodes);
  work_.placing.merge(std::move(work.placing));
}

}  // namespace skein::manager
