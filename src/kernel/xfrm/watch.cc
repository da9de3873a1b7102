#include "kernel/xfrm/watch.h"

#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "kernel/net/netlink.h"

namespace skein::kernel::xfrm {
namespace {

constexpr int kEventsAtOnce = 1000;  // the descriptor stays readable

bool is_deletion(const nlmsghdr& message) {
  switch (message.nlmsg_type) {
    case XFRM_MSG_DELSA:
    case XFRM_MSG_DELPOLICY:
    case XFRM_MSG_FLUSHSA:
    case XFRM_MSG_FLUSHPOLICY: return true;
    default: return false;
  }
}

}  // namespace

Result<Watch> Watch::open() {
  net::Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_XFRM));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (!fd || bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return make_error(Code::kUnimplemented, "watch XFRM", std::strerror(errno));
  for (int group : {XFRMNLGRP_SA, XFRMNLGRP_POLICY})
    if (setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
      return make_error(Code::kInternal, "watch XFRM", std::strerror(errno));
  return Watch(std::move(fd));
}

bool Watch::take_events(uint32_t own_port_id) {
  bool is_news = false;
  for (int taken = 0; taken < kEventsAtOnce; ++taken) {
    ssize_t received = recv(events_.get(), buffer_.data(), buffer_.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && errno == ENOBUFS) {
      is_news = true;
      continue;
    }
    if (received < 0) break;
    int rest = static_cast<int>(received);
    for (auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data()); mnl_nlmsg_ok(message, rest);
         message = mnl_nlmsg_next(message, &rest))
      is_news |= is_deletion(*message) && message->nlmsg_pid != own_port_id;
  }
  return is_news;
}

}  // namespace skein::kernel::xfrm
