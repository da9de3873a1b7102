#include "cmd/cli/stack/stack_name.h"

#include "stack/convert/convert.h"

namespace skein::cli {

Result<void> check_stack_name(const std::string& name) {
  if (name.find_first_not_of(" \t\n\v\f\r\"'") != std::string::npos) return {};
  return invalid_argument("invalid stack name: " + stack::go_quoted(name));
}

std::string stack_filter(const std::string& name) {
  return std::string("label=") + stack::kNamespaceLabel + "=" + name;
}

}  // namespace skein::cli
