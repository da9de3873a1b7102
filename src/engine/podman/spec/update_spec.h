// A body of POST /containers/{id}/update as Podman's own API takes it, since its compatible one has no such call. Pure.
#pragma once

#include <nlohmann/json.hpp>

namespace skein::engine {

// Resources of the OCI's runtime specification; empty where none is to change.
nlohmann::json podman_update(const nlohmann::json& body);

}  // namespace skein::engine
