// Programs that keep credentials for Docker's client and for this one.
#pragma once

#include <string>

#include "base/result.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

// Runs docker-credential-`name` `action` (get, store, erase) with this on its stdin: what it answers, null for nothing,
// as where it has no such credentials.
Result<Json> ask_credential_helper(const std::string& name, const std::string& action, const std::string& question);

}  // namespace skein::cli
