#include "engine/process/process_identity.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <sstream>

#include "io/file/file.h"

namespace skein::engine {

std::string boot_id() {
  auto text = io::read_file("/proc/sys/kernel/random/boot_id");
  return text.ok() ? text->substr(0, text->find('\n')) : "";
}

ProcessId identify(pid_t pid) {
  ProcessId out{pid, 0};
  auto text = io::read_file("/proc/" + std::to_string(pid) + "/stat");
  if (!text.ok()) return out;
  // Field 2, the name, may hold blanks and parentheses; field 3 stands behind the last one.
  size_t name_end = text->rfind(')');
  if (name_end == std::string::npos) return out;
  std::istringstream fields(text->substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  fields >> out.start;
  return out;
}

int open_process(const ProcessId& process) {
  if (process.pid <= 0 || process.start == 0) return -1;
  int fd = static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0));
  // Looked at after the descriptor is held: from here on the number cannot be another's.
  if (fd >= 0 && identify(process.pid) != process) {
    ::close(fd);
    return -1;
  }
  return fd;
}

bool signal_process(const ProcessId& process, int signal) {
  int fd = open_process(process);
  if (fd < 0) return false;
  bool is_sent = ::syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0) == 0;
  ::close(fd);
  return is_sent;
}

}  // namespace skein::engine
