// The Docker Engine API of one host: containers, images, volumes, events, the system. What belongs to networks and the
// swarm is added to the same router by others.
//
// Made before the engine is started, whose events it observes; start_up() follows, then serving. What belongs to
// networks and the swarm shares the keeper of its containers, and its events.
#pragma once

#include "api/containers/containers.h"
#include "api/events/endpoint_events.h"
#include "api/events/event_bus.h"
#include "api/events/mount_events.h"
#include "api/system/system.h"

namespace skein::api {

struct ApiParts {
  boost::asio::io_context& loop;
  engine::Engine& engine;
  overlay::ContainerNetworks& networks;
  containers::HealthBoard& health;
  Clock& clock;
  Random& random;
  containers::KeeperOptions keeper;
  std::string secrets_folder = "/run/skein/secrets";  // of tasks; mounts from there are not shown
  SystemHooks system;
};

class Api {
 public:
  // Adds its routes to `router` and its observers to the engine; both, and the parts, must outlive it.
  Api(ApiParts parts, io::http::Router& router);

  // Once, after the engine is up and before serving.
  boost::asio::awaitable<Result<void>> start_up() { return keeper_.start_up(); }

  // Ends what runs beside the requests. Before it is destroyed, unless the loop has dropped all coroutines.
  boost::asio::awaitable<void> close() { return tasks_.close(); }

  containers::Keeper& keeper() { return keeper_; }
  EventBus& events() { return events_; }
  EndpointEvents& endpoint_events() { return endpoint_events_; }

 private:
  io::TaskScope tasks_;
  EventBus events_;
  EndpointEvents endpoint_events_;
  MountEvents mount_events_;
  containers::Keeper keeper_;
  Containers containers_;
};

}  // namespace skein::api
