// Points in time as users write them. Pure.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/time/clock.h"

namespace skein {

// RFC 3339 with or without fraction, or a date; "0001-01-01T00:00:00Z" (Go's zero time) is 0.
Result<WallTime> parse_time(std::string_view text);
// What `until` and `since` may be: a duration before `now` ("1h30m"), a unix time with or without fraction
// ("1795382256.5"), or what parse_time reads.
Result<WallTime> parse_moment(std::string_view text, WallTime now);

}  // namespace skein
