#include "engine/exec/keeper.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/log.h"

namespace skein::engine {

namespace {

constexpr size_t kKeptAtOnceMax = 3;

// ---- in the keeper

// False when the daemon is gone.
bool receive_kept(int socket, std::vector<pollfd>& kept) {
  char byte = 0;
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(kKeptAtOnceMax * sizeof(int))];
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) return false;
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (head == nullptr || head->cmsg_type != SCM_RIGHTS) return true;
  std::array<int, kKeptAtOnceMax> fds{};
  const size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  std::memcpy(fds.data(), CMSG_DATA(head), count * sizeof(int));
  for (size_t at = 0; at < count; ++at) kept.push_back({fds[at], 0, 0});
  return true;
}

// False at the end of it.
bool discard_from(int fd) {
  static std::array<char, 65536> piece;
  const ssize_t size = ::read(fd, piece.data(), piece.size());
  return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

// Without events only the end is told.
bool is_over(const pollfd& kept) {
  if ((kept.revents & POLLIN) != 0) return !discard_from(kept.fd);
  return (kept.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

[[noreturn]] void keep_until_all_end(int socket) {
  std::vector<pollfd> kept{{socket, POLLIN, 0}};
  bool is_daemon_gone = false;
  while (!is_daemon_gone || kept.size() > 1) {
    if (::poll(kept.data(), kept.size(), -1) < 0) continue;
    for (size_t at = kept.size(); --at > 0;) {
      if (kept[at].revents == 0 || !is_over(kept[at])) continue;
      ::close(kept[at].fd);
      kept.erase(kept.begin() + static_cast<ptrdiff_t>(at));
    }
    if (kept[0].revents == 0 || receive_kept(socket, kept)) continue;
    is_daemon_gone = true;
    kept[0].fd = -1;
    for (size_t at = 1; at < kept.size(); ++at) kept[at].events = POLLIN;
  }
  ::_exit(0);
}

[[noreturn]] void become_keeper(int socket) {
  ::setsid();
  ::prctl(PR_SET_NAME, "skein-exec-keep");
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  (void)!::chdir("/");
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd : {0, 1, 2}) ::dup2(null, fd);
  constexpr int kSocketFd = 3;
  if (socket != kSocketFd) ::dup2(socket, kSocketFd);
  ::close_range(kSocketFd + 1, ~0U, 0);
  keep_until_all_end(kSocketFd);
}

}  // namespace

Result<void> ExecKeeper::start() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return make_error(Code::kUnavailable, "make a socket for the keeper of execs", std::strerror(errno));
  Descriptor own(ends[0]);
  const Descriptor other(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return make_error(Code::kUnavailable, "start the keeper of execs", std::strerror(errno));
  if (pid == 0) become_keeper(other.get());
  if (pid_ > 0) ::waitpid(pid_, nullptr, WNOHANG);
  socket_ = std::move(own);
  pid_ = pid;
  return {};
}

bool ExecKeeper::send(const std::vector<int>& descriptors) const {
  char byte = 0;
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(kKeptAtOnceMax * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
  std::memcpy(CMSG_DATA(head), descriptors.data(), descriptors.size() * sizeof(int));
  return ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

void ExecKeeper::keep(const std::vector<int>& descriptors) {
  if (descriptors.empty() || descriptors.size() > kKeptAtOnceMax) return;
  if (socket_ && send(descriptors)) return;
  auto started = start();
  if (started.ok() && send(descriptors)) return;
  log_warning("exec_not_kept", {{"why", started.ok() ? std::strerror(errno) : started.error().text()}});
}

}  // namespace skein::engine
