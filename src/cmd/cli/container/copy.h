// skein cp: files between a container and this machine, as tar archives over the API.
#pragma once

#include <string>

#include "cmd/cli/words/command.h"

namespace skein::cli {

Result<int> copy_files(Invocation& call);

// "web:/etc/hosts" as container and path; a path alone when there is no colon, or it starts with '/' or '.'.
struct CopyEnd {
  std::string container;  // empty: this machine
  std::string path;
};
CopyEnd parse_copy_end(const std::string& text);

}  // namespace skein::cli
