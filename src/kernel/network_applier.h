// Makes the kernel's network of this host what an intent says: links, routes, firewall and data path.
//
// Every apply() observes, compares and carries out the difference; what is right already is not touched. There is no
// memory of earlier calls to go wrong, so that adopting what an earlier process left is the same call. A link that
// fails (its namespace is gone, its name is taken) does not keep the others from being made.
#pragma once

#include <optional>

#include "base/result.h"
#include "kernel/datapath.h"
#include "kernel/net/firewall.h"
#include "kernel/net/netlink.h"
#include "plan/apply_failures.h"
#include "plan/intent.h"

namespace skein::kernel {

class NetworkApplier {
 public:
  // Works in the network namespace that the caller is in. `data_path` outlives the applier.
  static Result<NetworkApplier> open(DataPath& data_path);

  // As much as possible is done. Calling it again tries again what is missing.
  plan::ApplyFailures apply(const plan::Intent& wanted);

  // What the kernel holds. The intent says where to look for the containers' ends of links.
  Result<plan::Observed> observe(const plan::Intent& wanted);

  // The operations that apply() would carry out.
  Result<plan::Changes> pending(const plan::Intent& wanted);

 private:
  NetworkApplier(DataPath& data_path, net::Netlink netlink, net::Firewall firewall);
  Result<void> carry_out(const plan::Operation& operation, const plan::Intent& wanted);
  Result<void> settle(const plan::LinkIntent& link);
  void hold_port(std::optional<uint16_t> port);

  DataPath* data_path_;
  net::Netlink netlink_;
  net::Firewall firewall_;
  std::optional<uint16_t> refused_port_;  // no idle vxlan device could be made for it: not tried again
};

}  // namespace skein::kernel
