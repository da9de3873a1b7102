// Bodies of POST /swarm/init and /swarm/join. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "api/swarm/swarm_control.h"

namespace skein::api {

// kInvalidArgument for what makes no sense, kUnimplemented for what we do not have.
Result<InitRequest> init_request_from_json(const nlohmann::json& body);
Result<JoinRequest> join_request_from_json(const nlohmann::json& body);

}  // namespace skein::api
