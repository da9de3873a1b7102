// How many files this process may have open. A daemon has several for each container, node and caller, while shells
// give a soft limit of 1,024, for programs that use select(2). Programs that the daemon starts may be such.
#pragma once

#include "base/result.h"

namespace skein {

// Raises the soft limit to the hard one. Once, at start.
Result<void> raise_open_files_limit();

// Gives this process the limit that it was started with: in a child between fork(2) and exec(2). Async-signal-safe.
void restore_open_files_limit();

// As long as this lives, children that are made get the limit that this process was started with. What is open stays
// open. For posix_spawn(3), on the only thread.
class OriginalOpenFilesLimit {
 public:
  OriginalOpenFilesLimit() { restore_open_files_limit(); }
  ~OriginalOpenFilesLimit() { (void)raise_open_files_limit(); }
  OriginalOpenFilesLimit(const OriginalOpenFilesLimit&) = delete;
  OriginalOpenFilesLimit& operator=(const OriginalOpenFilesLimit&) = delete;
};

}  // namespace skein
