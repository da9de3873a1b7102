// Where Podman does something else than Docker's daemon with the same body of POST /containers/create, the body is
// changed so that it does the same. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace skein::engine {

// The value of variables that Podman would set, and Docker does not: a hook takes them out before the container is made
// (config.cc), so that what a user or an image sets stays.
inline constexpr const char* kUnsetValue = "io.skein.unset";

struct PodmanCreate {
  nlohmann::json body;
  nlohmann::json volumes = nlohmann::json::array();  // bodies of POST /volumes/create, to be made before
};

struct PodmanCreateContext {
  std::string cgroup_parent;  // for containers that name none
  // Hard limits of containers that ask for others only, where the engine's own would be above those of this host.
  std::map<std::string, uint64_t> ulimits;
  nlohmann::json image_volumes =
      nlohmann::json::object();                // the image's Config.Volumes; wanted for read-only roots only
  std::vector<std::string> image_environment;  // the image's Config.Env
  std::function<std::string()> new_name;       // for volumes that have options and no name
};

// kInvalidArgument and kUnimplemented for mounts that ask for what cannot be had: nothing that was asked for is left
// out in silence.
Result<PodmanCreate> podman_create(nlohmann::json body, const PodmanCreateContext& context);

// Takes what podman_create added out of an inspection of the container, and shows what was asked for instead; the
// labels stay.
void hide_podman_defaults(nlohmann::json& container);

}  // namespace skein::engine
