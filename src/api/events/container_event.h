// Docker's event of what was done to a container. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/time/clock.h"

namespace skein::api {

// `container`: the engine's inspection; `more`: attributes beside those that every event of a container has.
nlohmann::json container_event(const nlohmann::json& container, const std::string& action, const nlohmann::json& more,
                               WallTime time);

}  // namespace skein::api
