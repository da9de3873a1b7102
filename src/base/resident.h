// What the program was once and does not use any more is not to stay resident: the code of starting up, of joining, of
// a library's tables. The kernel keeps a mapped page of a file although nobody has touched it for days.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skein {

struct Mapping {
  size_t begin = 0, end = 0;  // addresses
  auto operator<=>(const Mapping&) const = default;
};

// Of what /proc/self/smaps says, the mappings of files that can be read from the files again: not writable, and without
// a page of our own (a library's relocated tables are read-only, too, but are nowhere else). Pure.
std::vector<Mapping> mappings_to_read_again(std::string_view smaps);

// Gives their pages back; those that are used again are found in the page cache. Any thread.
Result<void> give_back_file_pages();

}  // namespace skein
