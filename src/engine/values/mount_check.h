// What Docker refuses of a container's mounts before anything is made, in its words; the same for users' containers and
// for tasks. Pure, but for `exists`.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"

namespace skein::engine {

using PathExists = std::function<bool(const std::string& path)>;  // on this host
PathExists path_exists();

// `mounts` is HostConfig.Mounts. kInvalidArgument.
Result<void> check_mounts(const nlohmann::json& mounts, const PathExists& exists);

}  // namespace skein::engine
