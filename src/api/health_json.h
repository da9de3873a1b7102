// How Docker shows the health of containers. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "agent/health_check.h"

namespace skein::api {

// `record`: nullptr if nobody checks the container; then its JSON says nothing of health.
// GET /containers/{id}/json: State.Health, in place of what the engine says there.
void present_health(nlohmann::json& container, const agent::HealthRecord* record);
// One entry of GET /containers/json: the end of "Up 5 minutes (healthy)".
void present_entry_health(nlohmann::json& entry, const agent::HealthRecord* record);

}  // namespace skein::api
