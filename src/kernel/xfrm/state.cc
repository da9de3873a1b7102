#include "kernel/xfrm/state.h"

#include <algorithm>

namespace skein::kernel::xfrm {

namespace {

State state_of(const esp::Peer& peer, const esp::Sa& sa, Ipv4 source, bool is_inbound) {
  return {.source = source,
          .key = sa.key,
          .icv_bytes = peer.icv_bytes,
          .has_esn = peer.has_esn,
          .has_window = is_inbound && peer.has_window};
}

std::vector<esp::Key> keys_of(const Holdings& holdings) {
  std::vector<esp::Key> out;
  for (const auto& [key, state] : holdings.states)
    if (std::ranges::find(out, state.key) == out.end()) out.push_back(state.key);
  return out;
}

}  // namespace

Holdings holdings_for(const esp::Config& config) {
  Holdings out;
  for (const esp::Peer& peer : config.peers) {
    for (const esp::Sa& sa : peer.in)
      out.states.try_emplace({config.local, sa.spi}, state_of(peer, sa, peer.address, true));
    if (!peer.out) continue;
    out.states.try_emplace({peer.address, peer.out->spi}, state_of(peer, *peer.out, config.local, false));
    out.policies[{config.local, peer.address, config.vxlan_port}] = peer.out->spi;
  }
  return out;
}

std::vector<Action> actions(const Holdings& seen, const Holdings& wanted) {
  std::vector<Action> out;
  for (const auto& [key, state] : wanted.states) {
    auto found = seen.states.find(key);
    if (found != seen.states.end() && found->second == state) continue;
    if (found != seen.states.end()) out.emplace_back(DeleteState{key, found->second.source});
    out.emplace_back(AddState{key, state});
  }
  for (const auto& [key, spi] : wanted.policies) {
    auto found = seen.policies.find(key);
    if (found == seen.policies.end() || found->second != spi) out.emplace_back(PutPolicy{key, spi});
  }
  for (const auto& [key, spi] : seen.policies)
    if (!wanted.policies.contains(key)) out.emplace_back(DeletePolicy{key});
  const std::vector<esp::Key> keys = keys_of(wanted);
  if (keys.empty()) return out;
  for (const auto& [key, state] : seen.states)
    if (!wanted.states.contains(key) && std::ranges::find(keys, state.key) == keys.end())
      out.emplace_back(DeleteState{key, state.source});
  return out;
}

void take(Holdings& held, const Action& done) {
  if (auto* add = std::get_if<AddState>(&done)) held.states[add->key] = add->state;
  if (auto* gone = std::get_if<DeleteState>(&done)) held.states.erase(gone->key);
  if (auto* put = std::get_if<PutPolicy>(&done)) held.policies[put->key] = put->spi;
  if (auto* gone = std::get_if<DeletePolicy>(&done)) held.policies.erase(gone->key);
}

}  // namespace skein::kernel::xfrm
