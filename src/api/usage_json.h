// GET /system/df in Docker's shape. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

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

// The kinds that are asked for: container, image, volume, build-cache; all when `types` is empty.
Result<std::set<std::string>> usage_types(const std::vector<std::string>& types);

struct UsageParts {
  nlohmann::json images;      // as GET /images/json shows them
  nlohmann::json containers;  // as GET /containers/json?all=1&size=1 shows them
  nlohmann::json volumes;     // as GET /volumes shows them
};
nlohmann::json usage_json(UsageParts parts, const DiskSizes& sizes, const std::set<std::string>& types);

}  // namespace skein::api
