#include "manager/logs/log_progress.h"

#include <algorithm>

#include "model/objects.h"

namespace skein::manager {

namespace {

constexpr size_t kTasksMax = 16'384;  // the others' lines may come twice after a break

}  // namespace

std::optional<WallTime> LogProgress::begin_again(const std::string& node_id) {
  std::optional<WallTime> since;
  for (auto& [task_id, place] : places_) {
    if (place.node_id != node_id) continue;
    // A second break during the repetition: what was known before it is known still.
    if (!place.is_repeating) {
      place.known = place.last;
      place.repeats = place.lines;
    }
    place.is_repeating = true;
    place.lines = 0;
    place.last = place.known;
    since = since ? std::min(*since, place.known) : place.known;
  }
  return since;
}

bool LogProgress::take(const api::LogMessage& message) {
  const std::string& task_id = message.context().task_id();
  auto found = places_.find(task_id);
  if (found == places_.end()) {
    if (places_.size() >= kTasksMax) return true;
    found = places_.emplace(task_id, Place{}).first;
    found->second.node_id = message.context().node_id();
  }
  Place& place = found->second;
  WallTime time = model::to_wall(message.timestamp());
  if (place.is_repeating) {
    if (time < place.known) return false;
    if (time == place.known && place.lines < place.repeats) {
      ++place.lines;
      return false;
    }
    place.is_repeating = false;
  }
  place.lines = time == place.last ? place.lines + 1 : 1;
  place.last = time;
  return true;
}

}  // namespace skein::manager
