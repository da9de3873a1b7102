// What clients of older API versions mean by the same body: members that their version did not have are left out, and
// defaults are those of their time. The bodies are decoded. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "io/http/message.h"

namespace skein::api {

// Of POST /services/create and /services/{id}/update.
void adjust_service(nlohmann::json& spec, io::http::ApiVersion version);

// Of POST /containers/create. kInvalidArgument for what Docker refuses of one version, and for hostnames that are too
// long in all of them. What is left of a MAC address is its network's.
Result<void> adjust_container(nlohmann::json& body, io::http::ApiVersion version);

// Of POST /networks/create.
void adjust_network(nlohmann::json& body, io::http::ApiVersion version);

// Of POST /networks/{id}/connect.
void adjust_connect(nlohmann::json& body, io::http::ApiVersion version);

}  // namespace skein::api
