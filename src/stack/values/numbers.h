// Numbers as Go's strconv reads them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stack/values/value.h"

namespace skein::stack {

// With a prefix of the base (0x, 0o, 0b, and 0 alone for octal); signed when it fits, else unsigned.
std::optional<Value> parse_go_integer(std::string_view text);
// Decimal digits with a sign, and nothing else, in 64 bits.
std::optional<int64_t> parse_decimal(std::string_view text);
std::optional<double> parse_go_float(std::string_view text);

double infinity();
double not_a_number();

}  // namespace skein::stack
