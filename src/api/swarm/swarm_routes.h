// Routes /swarm, /nodes, /services and /tasks of the Engine API, and the Swarm section of /info.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "api/swarm/swarm_control.h"
#include "io/http/router.h"

namespace skein::api {

// `control` must outlive the router.
void add_swarm_routes(io::http::Router& router, SwarmControl& control);

// Swarm of GET /info: what `docker info` and `docker node ls` look at.
nlohmann::json swarm_info(SwarmControl& control);

}  // namespace skein::api
