// "$VAR" and "${VAR:-default}" in the texts of a compose file. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "stack/value.h"

namespace skein::stack {

using Environment = std::map<std::string, std::string, std::less<>>;

// The text with its variables replaced. An error's text is a template that is wrong, which a message must still quote.
Result<std::string> substitute(std::string_view text, const Environment& environment);

// All texts of a file's value; keys stay. A text that was replaced as a whole becomes a number or truth value where the
// file needs one.
Result<Value> interpolate(const Value& file, const Environment& environment);

}  // namespace skein::stack
