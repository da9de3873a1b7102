// UTF-8 as characters. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::stack {

// Null for bytes that are no UTF-8.
std::optional<std::u32string> from_utf8(std::string_view text);
std::string to_utf8(uint32_t character);

}  // namespace skein::stack
