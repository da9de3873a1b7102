// GET /system/df in Docker's shape. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "api/replies/disk_sizes.h"
#include "base/result.h"
#include "io/http/message.h"

namespace skein::api {

// The kinds that are asked for: container, image, volume, build-cache; all when `types` is empty.
Result<std::set<std::string>> usage_types(const std::vector<std::string>& types);

struct UsageParts {
  nlohmann::json images;      // as GET /images/json shows them
  nlohmann::json containers;  // as GET /containers/json?all=1&size=1 shows them
  nlohmann::json volumes;     // as GET /volumes shows them
};

// Lists of objects beside each other (until 1.51), sums with their objects (`verbose` from 1.52 on), or both, which
// Docker answers to clients of 1.52 and later that do not say what they know.
enum class UsageForm { kLists, kSums, kBoth };
UsageForm usage_form(const io::http::Request& request);

nlohmann::json usage_json(UsageParts parts, const DiskSizes& sizes, const std::set<std::string>& types, UsageForm form);

}  // namespace skein::api
