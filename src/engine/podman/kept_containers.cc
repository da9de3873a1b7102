#include "engine/podman/kept_containers.h"

#include <algorithm>

namespace skein::engine {

namespace {

constexpr size_t kIdSize = 64;

bool is_whole_id(const std::string& text) {
  return text.size() == kIdSize && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

void KeptContainers::note(const ContainersChange& change) {
  using Reach = ContainersChange::Reach;
  if (change.reach == Reach::kNone) return;
  ++changes_;
  if (change.reach == Reach::kAll) is_all_unknown_ = true;
  if (change.reach != Reach::kOne) return;
  // A name that was given anew since the list was asked for may lead to its former owner; the new one is unknown
  // already.
  const bool is_by_id = is_whole_id(change.container);
  const std::string id = is_by_id ? change.container : list_.id_of(change.container);
  if (id.empty()) {
    is_all_unknown_ = true;
  } else if (change.is_gone && is_by_id) {
    list_.remove(id);
    unknown_.erase(id);
  } else {
    unknown_.insert(id);
  }
  if (unknown_.size() > kIdsMax) is_all_unknown_ = true;
}

void KeptContainers::set_is_told(bool is_told) {
  ++changes_;
  is_all_unknown_ = true;
  is_told_ = is_told;
}

const ContainerList* KeptContainers::get(TimePoint now) const {
  const bool is_true = is_told_ && !is_all_unknown_ && unknown_.empty() && !is_old(now);
  return is_true ? &list_ : nullptr;
}

KeptContainers::Question KeptContainers::ask(TimePoint now) const {
  Question out{.is_of_all = !is_told_ || is_all_unknown_ || is_old(now), .list = list_, .changes = changes_};
  if (!out.is_of_all) out.ids = unknown_;
  return out;
}

void KeptContainers::keep(Question question, TimePoint now) {
  if (!is_told_ || question.changes != changes_) return;
  if (question.is_of_all) since_ = now;
  list_ = std::move(question.list);
  is_all_unknown_ = false;
  unknown_.clear();
}

}  // namespace skein::engine
