// A file of lines for the next start of the daemon: what changes is appended, and the file is written anew when most of
// it is history. Appending syncs nothing: it outlives the daemon, and after a power failure the last lines may be
// missing. On one thread.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"

namespace skein::io {

class LineFile {
 public:
  // Lines that may be history without need to write the file anew.
  static constexpr size_t kHistoryMin = 1024;

  explicit LineFile(std::string path) : path_(std::move(path)) {}
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // As the last writer left it. kNotFound when there is none.
  Result<std::string> read() const;

  // Appends `changes`, which end with a newline or are empty. `whole` makes the text that says all, of `whole_lines`
  // lines, after these changes: it is written instead at first, after a failure, and for a file of history.
  Result<void> save(const std::string& changes, size_t whole_lines, const std::function<std::string()>& whole);

 private:
  Result<void> append(const std::string& lines);
  Result<void> rewrite(const std::string& text);

  std::string path_;
  int fd_ = -1;  // none: the file is to be written anew
  size_t lines_ = 0;
};

}  // namespace skein::io
