// What processes between fork and exec do, and prepare before.
#pragma once

#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"

namespace skein::engine {

struct ChildPipe {
  Descriptor out, in;  // read from `out` what is written to `in`; both close-on-exec
};
Result<ChildPipe> make_child_pipe();

// For execve(2): null at the end; they point into `words`.
std::vector<char*> pointers_to(const std::vector<std::string>& words);

// Negative ones are none.
void close_all_but(std::vector<int> kept);
void block_all_signals();

}  // namespace skein::engine
