// The files of a container's log, in the folder of its monitor:
//
//   ctr.log      what the monitor writes to
//   ctr.log.7    what it wrote to before, the newest with the highest number
//
// The monitor opens a new file when it is told to (`2 0 0` in its fifo `ctl`), by renaming it to ctr.log. So the
// present one gets a second name before that, and there is no moment without a file. Two names of one file mean that
// the monitor has been told, or is to be. Only the daemon takes old ones away.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/descriptor.h"

namespace skein::engine {

inline constexpr const char* kLogFile = "ctr.log";
inline constexpr size_t kLogFilesMax = 100;

struct LogLimit {
  int64_t bytes = 0;  // of one file; 0: no limit
  int64_t files = 1;
  bool operator==(const LogLimit&) const = default;
};

struct LogFile {
  std::string path;
  uint64_t number = 0;  // 0: the present one
  ino_t inode = 0;
  int64_t size_bytes = 0;
};
// The oldest first, each once. Empty if there is none.
std::vector<LogFile> list_log(const std::string& folder);

// For reading; empty if it cannot be opened.
Descriptor open_log_file(const std::string& path);

class LogRotation {
 public:
  // `hold` is called before anything is taken away, so that who reads the log may open it.
  LogRotation(std::string folder, LogLimit limit, std::function<void()> hold)
      : folder_(std::move(folder)), limit_(limit), hold_(std::move(hold)) {}

  // Something was written, or a new file begun.
  void look();
  // A monitor that ended has not heard what it was told.
  void on_container_exit() { told_ = 0; }

 private:
  void begin_next(const std::vector<LogFile>& files);
  void trim(std::vector<LogFile> old);
  bool cut(const LogFile& file, int64_t kept_bytes);

  std::string folder_;
  LogLimit limit_;
  std::function<void()> hold_;
  ino_t told_ = 0;  // the file that the monitor was told to leave
  ino_t seen_ = 0;  // the file that was the present one when the others were looked at
};

}  // namespace skein::engine
