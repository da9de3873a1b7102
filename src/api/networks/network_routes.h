// Routes /networks of the Engine API: the swarm's networks on a manager, those in use on a worker, and local ones.
#pragma once

#include "api/containers/containers.h"
#include "api/swarm/swarm_control.h"
#include "io/http/router.h"

namespace skein::api {

// All references must outlive the router.
void add_network_routes(io::http::Router& router, SwarmControl& control, Containers& containers);

}  // namespace skein::api
