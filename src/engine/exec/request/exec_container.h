// What an exec needs to know of its container, out of the engine's inspection. Pure.
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/errors.h"

namespace skein::engine {

struct ExecContainer {
  std::string id, name, image, hostname, user;
  std::vector<std::string> environment, groups;  // as they were asked for
  nlohmann::json labels;
  std::string state;
  pid_t process = 0;
};

ExecContainer exec_container(const nlohmann::json& inspected);

// Why nothing can be run in it now, in Docker's words; `called`: as the user calls it.
std::optional<DockerError> exec_refusal(const ExecContainer& container, const std::string& called);

}  // namespace skein::engine
