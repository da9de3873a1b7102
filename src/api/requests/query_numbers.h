// Numbers in queries as Docker's daemon reads them: with Go's strconv, whose words it passes on. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "io/http/message.h"

namespace skein::api {

// Go's strconv.Atoi and ParseUint; kInvalidArgument in their words.
Result<int64_t> parse_int(std::string_view text);
Result<uint64_t> parse_uint(std::string_view text);

// The parameter `t` of stop and restart in the engine's form. Absent or empty: nothing; a negative one is no limit,
// which engines count as one of many years.
Result<void> translate_stop_limit(io::http::Query& query);

}  // namespace skein::api
