// Routes /networks of the Engine API: the swarm's networks on a manager, those in use on a worker, and local ones.
#pragma once

#include "api/events/event_bus.h"
#include "api/swarm/swarm_control.h"
#include "containers/life/keeper.h"
#include "io/http/router.h"

namespace skein::api {

// All references must outlive the router. Local networks that come and go are told by `events`.
void add_network_routes(io::http::Router& router, SwarmControl& control, containers::Keeper& keeper, EventBus& events,
                        Clock& clock);

}  // namespace skein::api
