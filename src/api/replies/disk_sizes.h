// How much room on the disk what the engine keeps takes.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/engine.h"

namespace skein::api {

// Sizes in bytes by id or name. What is missing is not known.
struct ImageSize {
  int64_t shared = 0;  // with other images
  int64_t unique = 0;
};
struct DiskSizes {
  std::map<std::string, ImageSize> images;    // "sha256:…"
  std::map<std::string, int64_t> containers;  // what each has written
  std::map<std::string, int64_t> volumes;
};
// From what the engine says of the disk.
DiskSizes disk_sizes(const nlohmann::json& engine_usage);
// A number of bytes in the engine's answer; 0 if it is none.
int64_t bytes_at(const nlohmann::json& object, const char* name);

// Empty where the engine does not tell.
boost::asio::awaitable<DiskSizes> disk_usage(engine::Engine& engine);

}  // namespace skein::api
