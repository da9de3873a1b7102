// What `logs --details` shows before each line: the labels and variables of the container that its log options choose
// (labels, labels-regex, env, env-regex), in Docker's form. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace skein::engine {

// `options`: LogConfig.Config as asked for; `config`: Config of the inspection. "key=value,key=value", by key; empty if
// nothing is chosen.
std::string log_details(const nlohmann::json& options, const nlohmann::json& config);

}  // namespace skein::engine
