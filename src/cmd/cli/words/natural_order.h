// Names as people sort them: "web.2" before "web.10". Pure.
#pragma once

#include <string_view>

namespace skein::cli {

// Runs of digits are compared as numbers, everything else byte by byte.
bool is_naturally_less(std::string_view a, std::string_view b);

}  // namespace skein::cli
