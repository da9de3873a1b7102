// What is believed of other hosts' endpoints, on disk for the daemon's next start: each change is appended, and the
// file is written anew when most of it is history. Nothing is synced: it outlives the daemon, and means nothing after a
// reboot of the host. On the loop's thread.
#pragma once

#include <string>

#include "agent/remote_records.h"

namespace skein::agent {

class PeersFile {
 public:
  explicit PeersFile(std::string path) : path_(std::move(path)) {}
  ~PeersFile();
  PeersFile(const PeersFile&) = delete;
  PeersFile& operator=(const PeersFile&) = delete;

  // A file that cannot be read is logged and forgotten.
  void load(RemoteRecords& records) const;
  // What fails is logged once, and all of it is written the next time.
  void save(RemoteRecords& records);

 private:
  Result<void> append(const std::string& lines);
  Result<void> rewrite(RemoteRecords& records);

  std::string path_;
  int fd_ = -1;  // none: the file is to be written anew
  size_t lines_ = 0;
  bool has_failed_ = false;
};

}  // namespace skein::agent
