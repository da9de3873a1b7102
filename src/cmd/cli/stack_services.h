// The services of a stack: created, or updated where they are known.
#pragma once

#include <string>
#include <vector>

#include "cmd/cli/command.h"
#include "stack/convert.h"

namespace skein::cli {

// Their ids, in the order of their names.
Result<std::vector<std::string>> deploy_services(Invocation& call, const stack::Namespace& stack,
                                                 const stack::Value& model);

}  // namespace skein::cli
