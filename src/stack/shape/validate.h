// Checks a file against the table of shapes. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "stack/shape/complaints.h"
#include "stack/shape/shape.h"
#include "stack/values/value.h"

namespace skein::stack {

// "3.4" as 4; null for a version that nobody knows.
std::optional<int> minor_version(std::string_view version);

// Of several complaints the one with the deepest path, in the words of Docker's client: "services.web.ports must be a
// list".
Result<void> validate(const Value& file, std::string_view version);

// All complaints by the Compose Specification. Errors: what JSON has no text for.
Result<std::vector<Problem>> problems_of(const Value& file);

}  // namespace skein::stack
