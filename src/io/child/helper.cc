#include "io/child/helper.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "io/child/child_log.h"
#include "io/child/process_id.h"

namespace skein::io {

namespace {

constexpr int kHelperSocket = 3;

[[noreturn]] void become_helper(const std::string& name, int socket, void (*serve)(int socket)) {
  ::setsid();
  ::prctl(PR_SET_NAME, name.c_str());
  reset_signals();
  (void)!::chdir("/");
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd : {0, 1, 2}) ::dup2(null, fd);
  if (socket != kHelperSocket) ::dup2(socket, kHelperSocket);
  ::fcntl(kHelperSocket, F_SETFD, FD_CLOEXEC);
  ::close_range(kHelperSocket + 1, ~0U, 0);
  serve(kHelperSocket);
  ::_exit(0);
}

}  // namespace

void reset_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

Helper::Helper(std::string name, int socket_type, void (*serve)(int socket))
    : name_(std::move(name)), socket_type_(socket_type), serve_(serve) {
  SKEIN_ASSERT(name_.size() <= 15);
}

Result<void> Helper::start() {
  int ends[2];
  if (::socketpair(AF_UNIX, socket_type_ | SOCK_CLOEXEC, 0, ends) != 0)
    return make_error(Code::kUnavailable, "make a socket for " + name_, std::strerror(errno));
  Descriptor own(ends[0]);
  const Descriptor other(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return make_error(Code::kUnavailable, "start " + name_, std::strerror(errno));
  if (pid == 0) become_helper(name_, other.get(), serve_);
  const std::string why = pid_ > 0 ? "again: the one before, " + std::to_string(pid_) + ", is gone or late" : "started";
  socket_ = std::move(own);
  if (pid_ > 0) reap(pid_);
  pid_ = pid;
  log_child(LogLevel::kInfo, "child-up", {name_, pid, why});
  return {};
}

void Helper::wait_for_end() {
  SKEIN_ASSERT(!socket_);
  if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace skein::io
