// The services of a stack: created, or updated where they are known.
#pragma once

#include <string>
#include <vector>

#include "cmd/cli/words/command.h"
#include "cmd/cli/words/json.h"
#include "stack/convert/convert.h"

namespace skein::cli {

// The daemon's secrets or configs (`section`) that have one of these names.
Result<Json> find_objects(Daemon& daemon, const char* section, const std::vector<std::string>& names);

// Their ids, in the order of the specs.
Result<std::vector<std::string>> deploy_services(Invocation& call, const stack::Namespace& stack,
                                                 const std::vector<stack::Body>& specs);

}  // namespace skein::cli
