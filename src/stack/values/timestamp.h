// Timestamps of YAML: "2001-12-14", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.1". Pure.
#pragma once

#include <optional>
#include <string_view>

#include "stack/values/value.h"

namespace skein::stack {

std::optional<Moment> parse_timestamp(std::string_view text);

}  // namespace skein::stack
