// How Docker shows the health of containers. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "containers/health/health_check.h"
#include "io/http/message.h"

namespace skein::api {

// Docker calls what has ended unhealthy, however it was before. `record`: nullptr if nobody has checked the container.
std::optional<containers::HealthRecord> shown_health(bool is_running, const containers::HealthRecord* record);

// GET /containers/{id}/json: State.Health, in place of what the engine says there; nothing without a check.
void present_health(nlohmann::json& container, const containers::HealthRecord* record);
// One entry of GET /containers/json: the end of "Up 5 minutes (healthy)", and from 1.52 on `Health` besides.
void present_entry_health(nlohmann::json& entry, const containers::HealthRecord* shown, io::http::ApiVersion version);

}  // namespace skein::api
