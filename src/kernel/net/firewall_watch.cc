#include "kernel/net/firewall_watch.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "kernel/net/firewall.h"
#include "kernel/net/netlink.h"

namespace skein::kernel::net {
namespace {

constexpr int kGroup = NFNLGRP_NFTABLES;
constexpr int kEventsAtOnce = 1000;       // the descriptor stays readable
constexpr uint16_t kTableOfAnything = 1;  // NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE, NFTA_SET_TABLE …

bool is_about_us(const nlmsghdr& message) {
  if (NFNL_SUBSYS_ID(message.nlmsg_type) != NFNL_SUBSYS_NFTABLES || NFNL_MSG_TYPE(message.nlmsg_type) == NFT_MSG_NEWGEN)
    return false;
  return Attributes<kTableOfAnything>(message, sizeof(nfgenmsg)).text(kTableOfAnything) == kTable;
}

}  // namespace

Result<FirewallWatch> FirewallWatch::open() {
  Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (!fd || bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &kGroup, sizeof kGroup) != 0)
    return make_error(Code::kInternal, "subscribe to changes of the firewall's rules", std::strerror(errno));
  return FirewallWatch(std::move(fd));
}

bool FirewallWatch::take_events() {
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
      is_news |= is_about_us(*message);
  }
  return is_news;
}

}  // namespace skein::kernel::net
