// YAML text to values: libyaml's events, composed as the Go library does that Docker uses. Pure.
//
// The first document counts; what follows is not looked at. Keys that occur twice are refused, "<<" merges, aliases are
// expanded within bounds.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stack/values/value.h"

namespace skein::stack {

inline constexpr size_t kYamlBytesMax = 16u << 20;
inline constexpr size_t kYamlDepthMax = 500;
inline constexpr size_t kYamlNodesMax = 400'000;  // with aliases expanded

struct Node {
  enum class Kind { kScalar, kSequence, kMapping, kAlias };
  Kind kind = Kind::kScalar;
  std::string tag;   // short; "" for a plain scalar or a collection without one
  std::string text;  // a scalar's, or an alias's name
  size_t line = 0;
  bool is_inside_itself = false;                // while it is being composed
  std::vector<std::shared_ptr<Node>> children;  // of a mapping: key, value, key, value, …
  std::weak_ptr<Node> target;                   // of an alias; lives as long as the root
};

// The first document's root; null for a text without one.
Result<std::shared_ptr<Node>> parse_yaml(std::string_view text);

// Null for a text without a document. Errors as users see them: "yaml: line 4: did not find expected key".
Result<Value> read_yaml(std::string_view text);

}  // namespace skein::stack
