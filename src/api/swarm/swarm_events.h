// What happens in the swarm, as GET /events tells it on a manager. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "base/time/clock.h"
#include "store/tables.h"

namespace skein::api {

// Docker's events of one transaction: nodes, networks, services, secrets and configs that were created, updated or
// removed; updates name what has changed of the things that users watch for. Tasks have no events.
std::vector<nlohmann::json> swarm_events(const store::Changes& changes, WallTime now);

}  // namespace skein::api
