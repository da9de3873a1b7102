// Sizes, durations and times as Docker reads and shows them. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/text/quantity.h"
#include "base/time/clock.h"
#include "base/time/duration.h"
#include "base/time/moment.h"

namespace skein::cli {

// For --since and --until: a moment as the API wants it, "seconds.nanoseconds".
Result<std::string> moment_parameter(std::string_view text, WallTime now);

// "2026-11-23 01:34:55 +0000 UTC"; `with_fraction`: and its nanoseconds, without zeros at the end.
std::string show_time(WallTime time, bool with_fraction);
// show_duration with " ago"; empty for a time of zero.
std::string show_age(WallTime then, WallTime now);
// "7.39MB": powers of 1000, three digits.
std::string show_size(double bytes);
// "23.54GiB": powers of 1024, four digits.
std::string show_binary_size(double bytes);

// At most `length` characters, the last of them "…" if something was cut.
std::string ellipsis(std::string_view text, size_t length);
// An id without "sha256:", cut to 12 characters.
std::string short_id(std::string_view id);
std::string capitalized(std::string_view text);
std::string lower_case(std::string_view text);
// Characters (not bytes) of UTF-8 text.
size_t character_count(std::string_view text);

}  // namespace skein::cli
