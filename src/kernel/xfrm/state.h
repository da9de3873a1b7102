// What the kernel's XFRM holds for encrypted networks: ESP in transport mode between tunnel endpoints, round UDP to the
// tunnel's port, as Docker's overlay driver has it (docs/design/encryption.md). Plain values, and the step from what is
// there to what is wanted. Pure.
//
// States and policies of ours bear Docker's request id and mark, so that those of others are neither read nor touched.
#pragma once

#include <cstdint>
#include <map>
#include <variant>
#include <vector>

#include "base/address.h"
#include "esp/control/config.h"
#include "plan/intent.h"

namespace skein::kernel::xfrm {

inline constexpr uint32_t kRequestId = plan::kEspMark;
inline constexpr uint32_t kWindowNumbers = 4096;  // the most that the kernel takes

// By which the kernel finds a state: one for each SPI and target.
struct StateKey {
  Ipv4 target;
  uint32_t spi = 0;
  auto operator<=>(const StateKey&) const = default;
};

struct State {
  Ipv4 source;
  esp::Key key;
  uint8_t icv_bytes = 16;
  bool has_esn = false;
  bool has_window = false;  // replays are refused; inbound only
  bool operator==(const State&) const = default;
};

// Packets of ours from one tunnel endpoint to another, to the tunnel's port.
struct PolicyKey {
  Ipv4 source, target;
  uint16_t port = 4789;
  auto operator<=>(const PolicyKey&) const = default;
};

struct Holdings {
  std::map<StateKey, State> states;
  std::map<PolicyKey, uint32_t> policies;  // the SPI of the state that seals
  bool operator==(const Holdings&) const = default;
};

// What a config asks for.
Holdings holdings_for(const esp::Config& config);

struct AddState {
  StateKey key;
  State state;
  bool operator==(const AddState&) const = default;
};
struct DeleteState {
  StateKey key;
  Ipv4 source;
  bool operator==(const DeleteState&) const = default;
};
// In the place of the one that is there.
struct PutPolicy {
  PolicyKey key;
  uint32_t spi = 0;
  bool operator==(const PutPolicy&) const = default;
};
struct DeletePolicy {
  PolicyKey key;
  bool operator==(const DeletePolicy&) const = default;
};
using Action = std::variant<AddState, DeleteState, PutPolicy, DeletePolicy>;

// In an order in which nothing is lost: what may come is known before anybody sends it, and who sends has what to send
// with. A state that is not wanted any more stays as long as its key is one of the wanted ones': its numbers and its
// window go on when the other host is a peer again. Where no state is wanted, all stay.
std::vector<Action> actions(const Holdings& seen, const Holdings& wanted);

// What is held after it.
void take(Holdings& held, const Action& done);

}  // namespace skein::kernel::xfrm
