// "$VAR" and "${VAR:-default}" in the texts of a compose file. Pure.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "stack/values/value.h"

namespace skein::stack {

using Environment = std::map<std::string, std::string, std::less<>>;

// How many characters of a variable's name stand in front.
size_t variable_length(std::string_view text);

// The text with its variables replaced. An error's text is a template that is wrong, which a message must still quote.
Result<std::string> substitute(std::string_view text, const Environment& environment);

// As the Compose Specification has it: also "${A:+text}", and expressions inside the text. Adds to `unset` what a blank
// was taken for.
Result<std::string> substitute_compose(std::string_view text, const Environment& environment,
                                       std::set<std::string>& unset);

using Substitute = std::function<Result<std::string>(std::string_view text)>;

// All texts of a file's value; keys stay. A text that was replaced as a whole becomes a number or truth value where the
// file needs one.
Result<Value> interpolate(const Value& file, const Substitute& replace);
Result<Value> interpolate(const Value& file, const Environment& environment);

}  // namespace skein::stack
