// The order in which Docker's client prints the keys of a mapping. Pure.
#pragma once

#include <string_view>

namespace skein::stack {

// Letters by code, runs of digits as numbers, letters after all else (before it, behind digits).
bool is_key_before(std::string_view a, std::string_view b);

}  // namespace skein::stack
