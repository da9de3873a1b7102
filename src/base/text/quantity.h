// Amounts of memory and of CPUs as users write them. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace skein {

// "64M", "1.5g", "512", "1GiB": powers of 1024; a bare number is bytes.
Result<int64_t> parse_size(std::string_view text);
// "1.5" CPUs in billionths of a CPU, as the API wants them.
Result<int64_t> parse_cpus(std::string_view text);
}  // namespace skein
