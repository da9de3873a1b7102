// Lines that change on a terminal, each with a name; without a terminal, a line per change.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "cmd/cli/service/service_progress.h"

namespace skein::cli {

// "[====>      ] ", as far as `done` is of `total`; nothing without a total, or where no terminal of more than 110
// columns is.
std::string progress_bar(int64_t done, int64_t total, int columns);

class ProgressDisplay {
 public:
  // `columns`: of the terminal; 0: there is none. Shows nothing when `output` is null.
  ProgressDisplay(std::FILE* output, int columns) : output_(output), columns_(columns) {}
  void show(const ProgressLine& line);

 private:
  std::FILE* output_;
  int columns_;
  std::vector<std::string> ids_;  // from the top
};

}  // namespace skein::cli
