// Members of replies that came or went with a version of Docker's API, by the version that the client asked for. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "io/http/message.h"

namespace skein::api {

// GET /containers/{id}/json: up to 1.51 the addresses on the default bridge stand beside the networks, too.
void shape_container(nlohmann::json& container, io::http::ApiVersion version);

// GET /images/{name}/json.
void shape_image(nlohmann::json& image, io::http::ApiVersion version);

// GET /info.
void shape_info(nlohmann::json& info, io::http::ApiVersion version);

// GET /networks and /networks/{id}.
void shape_network(nlohmann::json& network, io::http::ApiVersion version);

}  // namespace skein::api
