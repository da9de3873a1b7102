#include "io/child/process_id.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "io/file/file.h"

namespace skein::io {

std::string boot_id() {
  auto text = read_file("/proc/sys/kernel/random/boot_id");
  return text.ok() ? text->substr(0, text->find('\n')) : "";
}

ProcessId identify(pid_t pid) {
  ProcessId out{pid, 0};
  auto text = read_file("/proc/" + std::to_string(pid) + "/stat");
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

Descriptor open_pidfd(pid_t pid) { return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

Descriptor open_process(const ProcessId& process) {
  if (process.pid <= 0 || process.start == 0) return {};
  Descriptor out = open_pidfd(process.pid);
  // Looked at after the descriptor is held: from here on the number cannot be another's.
  if (out && identify(process.pid) != process) out.reset();
  return out;
}

bool signal_process(const Descriptor& pidfd, int signal) {
  return pidfd && ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
}

bool signal_process(const ProcessId& process, int signal) { return signal_process(open_process(process), signal); }

std::string ChildEnd::text() const {
  return signal == 0 ? "exit code " + std::to_string(code) : "signal " + std::to_string(signal);
}

ChildEnd reap(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, WNOHANG) != child) return {};
  return WIFSIGNALED(status) ? ChildEnd{0, WTERMSIG(status)} : ChildEnd{WEXITSTATUS(status), 0};
}

}  // namespace skein::io
