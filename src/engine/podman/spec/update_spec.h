// A body of POST /containers/{id}/update as Podman's own API takes it, since its compatible one has no such call. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace skein::engine {

// Resources of the OCI's runtime specification. kUnimplemented for a restart policy, which Podman 4.3 cannot change.
Result<nlohmann::json> podman_update(const nlohmann::json& body);

}  // namespace skein::engine
