// Templates in formats of commands: Go's, with the functions that Docker's client adds. Pure.
#pragma once

#include <string_view>

#include "base/template/template.h"

namespace skein::cli {

using templates::go_text;
using templates::Template;

// Functions: json, join, split, lower, upper, title, truncate, pad. Shells hand over "\t" and "\n" as two characters.
Result<Template> parse_template(std::string_view text);
// The same for `inspect`, `version`, `info` and `events`, whose formats Docker's client takes as they are.
Result<Template> parse_object_template(std::string_view text);

}  // namespace skein::cli
