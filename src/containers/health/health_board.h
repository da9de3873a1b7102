// The health of this host's containers, as whoever checks them puts it here, for whoever shows it. Loop's thread.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "containers/health/health_check.h"

namespace skein::containers {

class HealthBoard {
 public:
  // Told of each change between starting, healthy and unhealthy; not of the first "starting".
  using Listener = std::function<void(const std::string& container_id, Health health)>;
  void listen(Listener listener) { listener_ = std::move(listener); }

  void put(const std::string& container_id, const HealthRecord& record);
  void forget(const std::string& container_id) { records_.erase(container_id); }

  // nullptr: nobody checks it.
  const HealthRecord* find(const std::string& container_id) const;

 private:
  std::map<std::string, HealthRecord> records_;
  Listener listener_;
};

}  // namespace skein::containers
