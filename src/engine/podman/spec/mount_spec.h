// Mounts and volumes as Docker's API describes them, as Podman's compatible API does what they ask for. Pure.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"

namespace skein::engine {

// Podman drops a volume's options and labels, and much of a tmpfs's, from HostConfig.Mounts: they become bodies of
// POST /volumes/create in `volumes`, and entries of HostConfig.Binds and Tmpfs. kUnimplemented for what it cannot do.
Result<void> translate_mounts(nlohmann::json& host_config, nlohmann::json& volumes,
                              const std::function<std::string()>& new_name);

// "size=1m" of --tmpfs with the defaults that Docker has.
std::string tmpfs_options_of(const std::string& options);

// A body of POST /volumes/create. Podman takes `size` of the option `o` for a quota, also where it is a tmpfs's size,
// which is said in blocks then; what the user wrote is kept in a label. kInvalidArgument in Docker's words.
Result<nlohmann::json> podman_volume(nlohmann::json body);

// Puts back what the user wrote into a volume that Podman shows.
void present_volume_options(nlohmann::json& volume);

}  // namespace skein::engine
