// ".env" files and `env_file`s of the Compose Specification: quotes, comments and variables mean something. Pure.
#pragma once

#include <string_view>

#include "base/result.h"
#include "stack/values/interpolate.h"
#include "stack/values/value.h"

namespace skein::stack {

// 'a' stands as it is; "a" and a alone may hold variables: those of `environment`, then those of lines before. A name
// alone has the environment's value, or is left out. Errors name the line.
Result<Map> parse_dotenv(std::string_view text, const Environment& environment);

}  // namespace skein::stack
