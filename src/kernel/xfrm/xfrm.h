// The kernel's XFRM of one network namespace: brought to what is wanted, looked at, cleared. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/net/links/netlink.h"
#include "kernel/xfrm/messages.h"
#include "kernel/xfrm/state.h"

namespace skein::kernel::xfrm {

class Xfrm {
 public:
  // In the caller's network namespace, whether or not the kernel has ESP. kUnimplemented: it has no XFRM.
  static Result<Xfrm> open();

  // By trying, with a state that is gone afterwards: kUnimplemented with the reason where the kernel has no ESP with
  // AES-GCM and windows of kWindowNumbers.
  Result<void> probe();

  // Reads what there is of ours, whoever made it.
  Result<Holdings> observe();
  Result<std::vector<SeenState>> states();

  // Carries out at most `most` of what leads from `held`, which goes along, to `wanted`; true: nothing is left to do.
  Result<bool> approach(Holdings& held, const Holdings& wanted, size_t most);

  // Deletes all that is ours.
  Result<void> clear();

  // Who asked: in notices of changes (XfrmWatch) the kernel tells by whom they were made.
  uint32_t port_id() const { return port_id_; }

 private:
  Result<void> carry_out(const Action& action);
  Xfrm(net::Netlink netlink, uint32_t port_id) : netlink_(std::move(netlink)), port_id_(port_id) {}

  net::Netlink netlink_;
  uint32_t port_id_;
};

// Packets that were dropped for that reason since the namespace began, by the names of esp/crypto/drops.h where there
// are such.
Result<std::map<std::string, uint64_t>> read_drops();

}  // namespace skein::kernel::xfrm
