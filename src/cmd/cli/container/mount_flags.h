// --mount type=bind,source=/a,target=/b,readonly as the API's Mount. Pure, but for a source that is relative to the
// working directory.
#pragma once

#include "base/result.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

Result<Json> parse_mount(const std::string& text);

}  // namespace skein::cli
