// Volumes from Docker's language into the engine's and back. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"

namespace skein::api {

// From a body of POST /volumes/create to the engine's; `generated_name` is for a volume without one, which is
// anonymous. Errors are in Docker's words.
Result<nlohmann::json> volume_request(const nlohmann::json& body, const std::string& generated_name);

// A volume as the engine's own interface describes it, as Docker shows it.
nlohmann::json present_volume(nlohmann::json volume);

}  // namespace skein::api
