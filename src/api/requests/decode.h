// JSON of a request as Go decodes it into a type: names of members match exactly or else without case, unknown members
// are left out, null leaves the default, of members given twice the last wins, numbers are numbers and strings strings.
// Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "api/requests/schema.h"
#include "base/result.h"

namespace skein::api {

// Deeper values are refused: everything behind this recurses.
inline constexpr size_t kJsonDepthMax = 64;

// `text` is one value as scan_json found it. Members have the names of the schema and its kinds; null ones are absent.
// kInvalidArgument in the words of Go's package.
Result<nlohmann::json> decode(std::string_view text, const schema::Schema& schema);

}  // namespace skein::api
