// Log drivers and their options: Docker's names and checks, and what Podman is told. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/podman/logs/log_files.h"

namespace skein::engine {

inline constexpr const char* kDockersLogDriver = "json-file";  // where none is asked for

// HostConfig.LogConfig, as Docker's clients send it. kInvalidArgument, in Docker's words, for drivers and options that
// are not there.
Result<nlohmann::json> podman_log_config(const nlohmann::json& asked);

// The same, as it was checked: how large its files may get.
LogLimit log_limit(const nlohmann::json& asked);

// What Docker's clients can ask for where Podman has these.
std::vector<std::string> dockers_log_drivers(const std::vector<std::string>& podmans);

}  // namespace skein::engine
