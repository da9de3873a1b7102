#include "containers/health/health_board.h"

namespace skein::containers {

void HealthBoard::put(const std::string& container_id, const HealthRecord& record) {
  auto [place, is_new] = records_.insert({container_id, record});
  const Health before = is_new ? Health::kStarting : place->second.health();
  place->second = record;
  if (record.health() != before && listener_) listener_(container_id, record.health());
}

const HealthRecord* HealthBoard::find(const std::string& container_id) const {
  auto found = records_.find(container_id);
  return found == records_.end() ? nullptr : &found->second;
}

}  // namespace skein::containers
