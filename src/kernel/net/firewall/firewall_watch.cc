#include "kernel/net/firewall/firewall_watch.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "kernel/net/firewall/firewall.h"
#include "kernel/net/links/netlink.h"

namespace skein::kernel::net {
namespace {

constexpr uint16_t kTableOfAnything = 1;  // NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE, NFTA_SET_TABLE …

bool is_about_us(const nlmsghdr& message) {
  if (NFNL_SUBSYS_ID(message.nlmsg_type) != NFNL_SUBSYS_NFTABLES || NFNL_MSG_TYPE(message.nlmsg_type) == NFT_MSG_NEWGEN)
    return false;
  return Attributes<kTableOfAnything>(message, sizeof(nfgenmsg)).text(kTableOfAnything) == kTable;
}

}  // namespace

Result<FirewallWatch> FirewallWatch::open() {
  SKEIN_TRY_ASSIGN(Notices notices, Notices::open(NETLINK_NETFILTER, {NFNLGRP_NFTABLES}, "watch the firewall's rules"));
  return FirewallWatch(std::move(notices));
}

bool FirewallWatch::take_events() {
  bool is_news = false;
  const bool were_lost = notices_.take([&](const nlmsghdr& message) { is_news |= is_about_us(message); });
  return is_news || were_lost;
}

}  // namespace skein::kernel::net
