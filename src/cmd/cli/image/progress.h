// The progress of pulls and loads: a stream of JSON objects, shown a line per event. Pure but for the file written to.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

class ProgressReader {
 public:
  // Shows nothing when `output` is null.
  explicit ProgressReader(std::FILE* output) : output_(output) {}
  // The next bytes. False once the daemon has told an error.
  bool read(std::string_view bytes);
  // The error that was told, if any.
  Result<void> finish();

 private:
  bool read_line(const std::string& line);
  std::FILE* output_;
  std::string rest_;
  std::string error_;
};

// "alpine:3" as registries name it: "docker.io/library/alpine:3".
std::string full_name(const std::string& reference);

}  // namespace skein::cli
