// Requests to XFRM, and its answers (linux/xfrm.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernel/net/links/netlink.h"
#include "kernel/xfrm/state.h"

namespace skein::kernel::xfrm {

net::Request request_for(const Action& action);
std::string text(const Action& action);  // without keys
net::Request dump_states();
net::Request dump_policies();

struct SeenState {
  StateKey key;
  State state;
  uint64_t packets = 0, bytes = 0;  // bytes of ESP packets, as the kernel counts them
  uint64_t replayed = 0, failed = 0;
};
// None: it is not ours.
std::optional<SeenState> read_state(const nlmsghdr& message);

struct SeenPolicy {
  PolicyKey key;
  uint32_t spi = 0;
};
std::optional<SeenPolicy> read_policy(const nlmsghdr& message);

}  // namespace skein::kernel::xfrm
