// The engine tells of containers alone. What Docker tells of their volumes, mounted and unmounted, and of their
// networks is put between its events here, in Docker's order. Loop's thread.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/events/endpoint_events.h"
#include "api/events/event_bus.h"
#include "engine/engine.h"
#include "io/loop/task_scope.h"

namespace skein::api {

// Of an inspected container; `action` is "mount" or "unmount". Pure.
std::vector<nlohmann::json> mount_events(const nlohmann::json& container, const std::string& action, WallTime time);

class MountEvents {
 public:
  // All must outlive it; what it asks the engine runs in `tasks`.
  MountEvents(io::TaskScope& tasks, engine::Engine& engine, EventBus& events, EndpointEvents& endpoints, Clock& clock)
      : tasks_(tasks), engine_(engine), events_(events), endpoints_(endpoints), clock_(clock) {}

  // One of the engine's events, or of what was done to a container: it is published, after what was connected and
  // mounted for it, before what is disconnected and unmounted then. Events of one container keep their order.
  void take(nlohmann::json event);
  // An inspection, before the container is started: it need not be asked for then.
  void learn(const nlohmann::json& container);

 private:
  void pass(nlohmann::json event);
  void publish(const std::string& container, const std::string& action, WallTime time);
  boost::asio::awaitable<void> ask(std::string container);

  io::TaskScope& tasks_;
  engine::Engine& engine_;
  EventBus& events_;
  EndpointEvents& endpoints_;
  Clock& clock_;
  std::map<std::string, nlohmann::json> known_;                 // by container, as inspected: it may be gone at its end
  std::map<std::string, std::vector<nlohmann::json>> waiting_;  // for an inspection
};

}  // namespace skein::api
