// GET /metrics, for Prometheus: what Docker's daemon tells of itself and of a swarm, and this host's networks.
#pragma once

#include "api/swarm/swarm_control.h"
#include "api/system/info.h"
#include "engine/engine.h"
#include "io/http/router.h"

namespace skein::api {

struct MetricsParts {
  SwarmControl& control;
  engine::Engine& engine;
  std::string version;  // of the daemon
};

// All parts must outlive the routes.
void add_metrics_routes(io::http::Router& router, const MetricsParts& parts);

}  // namespace skein::api
