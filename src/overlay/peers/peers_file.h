// What is believed of other hosts' endpoints, on disk for the daemon's next start; it means nothing after a reboot of
// the host. On the loop's thread.
#pragma once

#include <string>

#include "io/file/line_file.h"
#include "overlay/peers/remote_records.h"

namespace skein::overlay {

class PeersFile {
 public:
  explicit PeersFile(std::string path) : file_(std::move(path)) {}

  // A file that cannot be read is logged and forgotten.
  void load(RemoteRecords& records) const;
  // What fails is logged once, and all of it is written the next time.
  void save(RemoteRecords& records);

 private:
  io::LineFile file_;
  bool has_failed_ = false;
};

}  // namespace skein::overlay
