// Keys of services that a swarm has no use for. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stack/values/value.h"

namespace skein::stack {

// Sorted lines "key: what to do instead".
std::vector<std::string> forbidden_properties(const Value& file);
std::vector<std::string> deprecated_properties(const std::vector<Value>& files);
// Sorted names of those that are ignored.
std::vector<std::string> unsupported_properties(const std::vector<Value>& files);
// By the Compose Specification.
std::vector<std::string> ignored_properties(const std::vector<Value>& files);
// Those of them that Docker's versions do not know.
std::span<const std::string_view> ignored_compose_keys();

}  // namespace skein::stack
