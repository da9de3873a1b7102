// The flags of `run` and `create`, and the body of POST /containers/create that they make. Pure, but for --env-file.
#pragma once

#include "cmd/cli/words/flags.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

std::vector<FlagSpec> container_flags();

// Which of the container's streams the command joins: -a, else stdout and stderr, and stdin with -i; none with -d.
struct Attachment {
  bool has_stdin = false;
  bool has_stdout = false;
  bool has_stderr = false;
  bool is_any() const { return has_stdin || has_stdout || has_stderr; }
};
Result<Attachment> attachment_of(const Flags& flags, bool is_detached);

// `words`: image, command, arguments. Errors have Docker's texts.
Result<Json> container_create_body(const std::vector<std::string>& words, const Flags& flags,
                                   const Attachment& attachment);

// KEY=value texts of --env-file.
Result<std::vector<std::string>> environment_files(const Flags& flags);
// KEY=value texts of -e and --env-file; a bare KEY takes this process's value, or nothing if there is none.
Result<std::vector<std::string>> environment_of(const Flags& flags);

}  // namespace skein::cli
