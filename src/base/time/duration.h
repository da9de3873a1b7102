// Durations as users write and read them. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time/clock.h"

namespace skein {

// "1h30m", "1.5s", "100ms", "-5m", as Go reads them; a unit is needed, except for "0".
Result<Duration> parse_duration(std::string_view text);

// "2h0m0s", "1.5s", "100ms", as Go prints them.
std::string format_duration(Duration duration);

// "Less than a second", "5 seconds", "About a minute", "3 hours", "2 weeks", … as Docker shows them.
std::string show_duration(Duration duration);

}  // namespace skein
