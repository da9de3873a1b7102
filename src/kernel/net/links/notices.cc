#include "kernel/net/links/notices.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace skein::kernel::net {
namespace {

constexpr int kNoticesAtOnce = 1000;  // a storm of them must not starve the loop

}  // namespace

Result<Notices> Notices::open(int protocol, std::initializer_list<int> groups, const std::string& what) {
  Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!fd) return make_error(errno == EPROTONOSUPPORT ? Code::kUnimplemented : Code::kInternal, what, strerror(errno));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  // Bound first: to a socket without a number of its own the kernel passes no notices.
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return make_error(Code::kInternal, what, strerror(errno));
  for (int group : groups)
    if (setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
      return make_error(Code::kInternal, what, strerror(errno));
  return Notices(std::move(fd));
}

bool Notices::take(const std::function<void(const nlmsghdr&)>& hear) {
  bool were_lost = false;
  for (int taken = 0; taken < kNoticesAtOnce; ++taken) {
    ssize_t received = recv(events_.get(), buffer_.data(), buffer_.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && errno == ENOBUFS) {
      were_lost = true;
      continue;
    }
    if (received < 0) break;
    int rest = static_cast<int>(received);
    for (auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data()); mnl_nlmsg_ok(message, rest);
         message = mnl_nlmsg_next(message, &rest))
      hear(*message);
  }
  return were_lost;
}

}  // namespace skein::kernel::net
