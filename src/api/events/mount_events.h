// Docker's events of volumes that containers mount and unmount: the engine tells of the containers alone. Loop's
// thread.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/events/event_bus.h"
#include "engine/engine.h"
#include "io/loop/task_scope.h"

namespace skein::api {

// Of an inspected container; `action` is "mount" or "unmount". Pure.
std::vector<nlohmann::json> mount_events(const nlohmann::json& container, const std::string& action, WallTime time);

class MountEvents {
 public:
  // All must outlive it; what it asks the engine runs in `tasks`.
  MountEvents(io::TaskScope& tasks, engine::Engine& engine, EventBus& events, Clock& clock)
      : tasks_(tasks), engine_(engine), events_(events), clock_(clock) {}

  // One of the engine's events.
  void take(const nlohmann::json& event);

 private:
  boost::asio::awaitable<void> tell(std::string container, std::string action);

  io::TaskScope& tasks_;
  engine::Engine& engine_;
  EventBus& events_;
  Clock& clock_;
  std::map<std::string, nlohmann::json> running_;  // as inspected at their start, since they may be gone at their end
};

}  // namespace skein::api
