// What a YAML scalar means: YAML 1.2 with some of 1.1 (0777, 1_000), as the Go library that Docker uses reads them.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "stack/values/value.h"

namespace skein::stack {

struct Scalar {
  std::string tag;  // "!!int"; what the text is, whatever was asked for
  Value value;
};

// `tag`: "" for a plain scalar without one, else what it must be, as "!!float". Errors as "cannot decode !!str `x` as a
// !!null".
Result<Scalar> resolve(std::string_view tag, std::string_view text);

// "!!str" of "tag:yaml.org,2002:str"; others unchanged.
std::string short_tag(std::string_view tag);

// Text that old readers would take for a number of base 60 or a truth value, so that it is written with quotes.
bool is_old_number_or_truth(std::string_view text);

}  // namespace skein::stack
