// A service's line among those of its stack: what its own progress (service_progress.h) says in many. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cmd/cli/service/service_progress.h"

namespace skein::cli {

// "web: 1 out of 2 tasks, waiting for db to be healthy", or with a bar.
class StackProgress {
 public:
  explicit StackProgress(std::string name) : name_(std::move(name)) {}

  // The line after these lines of the service; none if it is as before.
  std::optional<ProgressLine> see(const std::vector<ProgressLine>& lines);
  // The last line.
  ProgressLine end(const std::string& outcome) const { return {name_, outcome, current_, total_}; }

 private:
  void take(const ProgressLine& line);

  std::string name_;
  std::string count_;
  int64_t current_ = 0, total_ = 0;
  std::string phase_;                            // of the service as a whole
  std::map<std::string, std::string> troubles_;  // by task
  std::string shown_;
};

}  // namespace skein::cli
