// Which process has a socket open: found by the descriptors of all processes, a piece at a time, so that others have
// their turn in between.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace skein::kernel::net {

struct Process {
  int pid = 0;
  std::string name;  // as /proc/<pid>/comm: at most 15 characters, printable ones
  auto operator<=>(const Process&) const = default;
};

class SocketOwners {
 public:
  // `likely` processes are looked at first; the others in ascending order of pid, so that of several which have a
  // socket it is usually the oldest that is found. `proc` is where procfs is mounted.
  SocketOwners(std::set<uint32_t> inodes, std::vector<int> likely, std::string proc = "/proc");

  // Looks at that many descriptors. False when all sockets are found, or all processes were looked at.
  bool step(size_t descriptors);

  const std::map<uint32_t, Process>& found() const { return found_; }

 private:
  bool next_process();
  void open_process(int pid);
  void look_at(const std::filesystem::path& descriptor);

  std::set<uint32_t> inodes_;  // not found yet
  std::vector<int> likely_;    // in reverse
  std::string proc_;
  bool has_asked_all_ = false;  // processes_ has begun
  std::filesystem::directory_iterator processes_, descriptors_;
  int pid_ = 0;
  std::map<uint32_t, Process> found_;
};

}  // namespace skein::kernel::net
