// The Docker Engine API of one host: containers, images, volumes, events, the system. What belongs to networks and the
// swarm is added to the same router by others.
//
//   http::Router router;
//   engine::PodmanEngine engine(loop, options);
//   api::Api api({loop, engine, networks, health, system_clock(), system_random(), options, hooks}, router);
//   api::add_swarm_routes(router, …);  // may use api.containers().connect() and api.events().publish()
//   co_await engine.start_up();        // events are observed from here on
//   co_await api.start_up();
//   http::Server server(loop, router);
//   server.listen_unix("/run/skein/skein.sock", "skein");
#pragma once

#include "api/containers/containers.h"
#include "api/events/event_bus.h"
#include "api/events/mount_events.h"
#include "api/system/system.h"

namespace skein::api {

struct ApiParts {
  boost::asio::io_context& loop;
  engine::Engine& engine;
  overlay::ContainerNetworks& networks;
  agent::HealthBoard& health;
  Clock& clock;
  Random& random;
  ContainersOptions containers;
  SystemHooks system;
};

class Api {
 public:
  // Adds its routes to `router` and its observers to the engine; both, and the parts, must outlive it.
  Api(ApiParts parts, io::http::Router& router);

  // Once, after the engine is up and before serving.
  boost::asio::awaitable<Result<void>> start_up() { return containers_.start_up(); }

  // Ends what runs beside the requests. Before it is destroyed, unless the loop has dropped all coroutines.
  boost::asio::awaitable<void> close() { return tasks_.close(); }

  Containers& containers() { return containers_; }
  EventBus& events() { return events_; }

 private:
  io::TaskScope tasks_;
  EventBus events_;
  MountEvents mount_events_;
  Containers containers_;
};

}  // namespace skein::api
