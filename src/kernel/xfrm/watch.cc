#include "kernel/xfrm/watch.h"

#include <linux/netlink.h>
#include <linux/xfrm.h>

namespace skein::kernel::xfrm {
namespace {

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
  SKEIN_TRY_ASSIGN(net::Notices notices,
                   net::Notices::open(NETLINK_XFRM, {XFRMNLGRP_SA, XFRMNLGRP_POLICY}, "watch XFRM"));
  return Watch(std::move(notices));
}

bool Watch::take_events(uint32_t own_port_id) {
  bool is_news = false;
  const bool were_lost = notices_.take(
      [&](const nlmsghdr& message) { is_news |= is_deletion(message) && message.nlmsg_pid != own_port_id; });
  return is_news || were_lost;
}

}  // namespace skein::kernel::xfrm
