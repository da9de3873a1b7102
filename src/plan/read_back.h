// What the last reading of the kernel found, as far as it was not what it should be. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/time/clock.h"
#include "plan/diff.h"

namespace skein::plan {

struct ReadBack {
  WallTime at;                     // 1970: the kernel was not read yet
  size_t differences = 0;          // operations that led from what was there to what is wanted
  std::vector<std::string> first;  // in words; at most kShownMax
  static constexpr size_t kShownMax = 20;
};

ReadBack read_back_of(const Changes& changes, WallTime at);

}  // namespace skein::plan
