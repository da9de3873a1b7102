// What a container that is to be made refers to: other containers, and the platform of its image.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "engine/engine.h"
#include "io/http/message.h"

namespace skein::api {

// Containers whose volumes it takes (VolumesFrom), or to which it is linked (Links), that are not there. In Docker's
// words; clients would take another status than 400 for a missing image.
boost::asio::awaitable<std::optional<io::http::Response>> refuse_others(engine::Engine& engine,
                                                                        const nlohmann::json& host_config);

// `platform`: "linux/arm64/v8", as the client wrote it; empty: any. An image that is not here is the engine's matter.
boost::asio::awaitable<std::optional<io::http::Response>> refuse_platform(engine::Engine& engine, std::string image,
                                                                          std::string platform);

// Does an image of this system and architecture do for that platform? Names that Docker knows for one architecture
// count as one.
bool fits_platform(const std::string& platform, const std::string& system, const std::string& architecture);

}  // namespace skein::api
