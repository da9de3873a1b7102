// Docker's events of networks on this host: local ones that come and go, and containers on any of them. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "base/time/clock.h"
#include "model/objects.h"
#include "overlay/endpoints/endpoint.h"

namespace skein::api {

// `action`: "create" or "destroy".
nlohmann::json network_event(const model::api::Network& network, const std::string& action, WallTime time);

// "connect" once the endpoint is there, "disconnect" when it is gone.
nlohmann::json endpoint_event(const overlay::Endpoint& endpoint, bool is_there, WallTime time);

}  // namespace skein::api
