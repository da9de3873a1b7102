// A stack's name, and what belongs to it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace skein::cli {

// Refuses names of blanks and quotes alone.
Result<void> check_stack_name(const std::string& name);

// The filter for all that has the stack's label.
std::string stack_filter(const std::string& name);

}  // namespace skein::cli
