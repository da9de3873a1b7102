#include "engine/exec/keeper.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "io/child/descriptors.h"

namespace skein::engine {

namespace {

constexpr size_t kKeptAtOnceMax = 3;

// ---- in the keeper

// False when the daemon is gone.
bool receive_kept(int socket, std::vector<pollfd>& kept) {
  auto received = io::receive_descriptors(socket, MSG_DONTWAIT);
  if (received.size < 0) return errno == EAGAIN || errno == EINTR;
  for (Descriptor& descriptor : received.descriptors) kept.push_back({descriptor.release(), 0, 0});
  return received.size > 0;
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

void keep_until_all_end(int socket) {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
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
}

}  // namespace

ExecKeeper::ExecKeeper() : helper_("skein-exec-keep", SOCK_SEQPACKET, keep_until_all_end) {}

bool ExecKeeper::send(const std::vector<int>& descriptors) const {
  return io::send_descriptors(helper_.socket(), descriptors, MSG_DONTWAIT);
}

void ExecKeeper::keep(const std::vector<int>& descriptors) {
  if (descriptors.empty() || descriptors.size() > kKeptAtOnceMax) return;
  if (helper_.socket() >= 0 && send(descriptors)) return;
  auto started = start();
  if (started.ok() && send(descriptors)) return;
  log_warning("exec-not-kept", {{"why", started.ok() ? std::strerror(errno) : started.error().text()}});
}

}  // namespace skein::engine
