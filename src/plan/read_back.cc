#include "plan/read_back.h"

#include <algorithm>

namespace skein::plan {

ReadBack read_back_of(const Changes& changes, WallTime at) {
  ReadBack out{at, changes.operations.size(), {}};
  for (size_t i = 0; i < std::min(out.differences, ReadBack::kShownMax); ++i)
    out.first.push_back(text(changes.operations[i]));
  return out;
}

}  // namespace skein::plan
