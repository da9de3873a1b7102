// Makes the kernel's network of this host what an intent says: links, routes, firewall and data path.
//
// apply() observes, compares and carries out the difference; what is right already is not touched. There is no memory
// of earlier calls to go wrong, so that adopting what an earlier process left is the same call. A link that fails (its
// namespace is gone, its name is taken) does not keep the others from being made. Reading back costs as much as there
// is: who knows what the kernel holds says so to apply_since().
#pragma once

#include <optional>

#include "base/result.h"
#include "kernel/datapath/datapath.h"
#include "kernel/net/firewall/firewall.h"
#include "kernel/net/links/netlink.h"
#include "plan/apply_failures.h"
#include "plan/intent.h"
#include "plan/read_back.h"

namespace skein::kernel {

class NetworkApplier {
 public:
  // Works in the network namespace that the caller is in. `data_path` outlives the applier.
  static Result<NetworkApplier> open(DataPath& data_path);

  // As much as possible is done. Calling it again tries again what is missing.
  plan::ApplyFailures apply(const plan::Intent& wanted);
  // The same where `held` is in force: nothing is read back but links, and those only where some change that stay, or
  // some are there that should not be yet.
  plan::ApplyFailures apply_since(const plan::Intent& wanted, const plan::Intent& held);

  // Changes of tables, which lead from what is in force to `wanted`.
  plan::ApplyFailures carry_out(const plan::Changes& changes, const plan::Intent& wanted);

  // What the kernel holds. The intent says where to look for the containers' ends of links.
  Result<plan::Observed> observe(const plan::Intent& wanted);

  // What the last apply() found; its time is the caller's to say.
  const plan::ReadBack& found() const { return found_; }

  // Those of the data path.
  Result<std::map<std::string, uint64_t>> packet_counters() const { return data_path_->counters(); }

  // Whether rules of ours are missing or were changed by others since they were made.
  bool is_firewall_altered();

  // The operations that apply() would carry out.
  Result<plan::Changes> pending(const plan::Intent& wanted);

 private:
  NetworkApplier(DataPath& data_path, net::Netlink netlink, net::Firewall firewall);
  Result<plan::Observed> observe_without_tables(const plan::Intent& wanted);
  Result<plan::Changes> pending_since(const plan::Intent& wanted, const plan::Intent& held);
  plan::ApplyFailures carry_out_all(const Result<plan::Changes>& changes, const plan::Intent& wanted);
  Result<void> carry_out(const plan::Operation& operation, const plan::Intent& wanted);
  Result<void> set_mesh(const std::optional<plan::MeshHost>& mesh);
  Result<void> set_esp_device(const plan::SetEspDevice& wanted);
  Result<void> settle(const plan::LinkIntent& link);
  void count_connections(const plan::Intent& wanted);
  void reset_orphans(const plan::Changes& changes, const plan::Intent& wanted);
  void hold_port(std::optional<uint16_t> port);

  DataPath* data_path_;
  net::Netlink netlink_;
  net::Firewall firewall_;
  plan::ReadBack found_;
  std::optional<uint16_t> refused_port_;  // no idle vxlan device could be made for it: not tried again
};

}  // namespace skein::kernel
