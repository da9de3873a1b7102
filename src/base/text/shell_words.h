// A text as a list of shell words, for flags that hold a command (--entrypoint, --args). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skein {

// Blanks part words; '…' keeps everything, "…" everything but \, which keeps the next character; # at the start of a
// word begins a comment.
Result<std::vector<std::string>> split_shell_words(std::string_view text);

}  // namespace skein
