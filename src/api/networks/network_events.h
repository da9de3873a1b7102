// Docker's events of local networks that come and go. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "base/time/clock.h"
#include "model/objects.h"

namespace skein::api {

// `action`: "create" or "destroy".
nlohmann::json network_event(const model::api::Network& network, const std::string& action, WallTime time);

}  // namespace skein::api
