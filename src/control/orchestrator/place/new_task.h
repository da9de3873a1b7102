// What a new task of a service looks like. Pure.
#pragma once

#include <string>

#include "control/orchestrator/place/place.h"

namespace skein::control {

// State NEW, desired READY, spec and endpoint as the service has them now, no networks. `cluster` may be null; it
// gives the log driver when the service has none. The status has no timestamp yet.
api::Task new_task(const api::Cluster* cluster, const api::Service& service, const Place& place, const std::string& id);

}  // namespace skein::control
