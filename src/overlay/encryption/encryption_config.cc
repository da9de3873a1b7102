#include "overlay/encryption/encryption_config.h"

#include "esp/crypto/spi.h"
#include "kernel/net/esp_device.h"

namespace skein::overlay {

namespace {

static_assert(kEpochsMax * ca::kNetworkKeysPerSubsystem <= esp::kInboundPerPeerMax);

constexpr uint8_t kDockerIcvBytes = 8, kIcvBytes = 16;

esp::Peer docker_peer(Ipv4 own, Ipv4 address, const EncryptionKeys& keys) {
  esp::Peer out{.address = address,
                .form = esp::Form::kEsp,
                .icv_bytes = kDockerIcvBytes,
                .has_esn = false,
                .has_window = false,
                .has_offload = false};
  const IpAddress here = IpAddress::from(own), there = IpAddress::from(address);
  for (const auto& key : keys.keys) out.in.push_back({esp::docker_spi(there, key.tag, here), key.key});
  if (keys.primary < keys.keys.size()) {
    const auto& key = keys.keys[keys.primary];
    out.out = esp::Sa{esp::docker_spi(here, key.tag, there), key.key};
  }
  return out;
}

// To the later life of a peer that is known by two; from both. Before it has told its epoch nothing can be sent.
esp::Peer own_peer(const esp::Party& here, Ipv4 address, const EncryptedPeer& peer, bool is_by_kernel,
                   const EncryptionKeys& keys) {
  esp::Peer out{.address = address, .icv_bytes = kIcvBytes};
  if (is_by_kernel || peer.encrypts_in_kernel) out.form = esp::Form::kEsp;
  out.has_offload = out.form == esp::Form::kUdp;
  const std::set<uint64_t>& epochs = peer.epochs;
  size_t heard = 0;
  for (auto epoch = epochs.rbegin(); epoch != epochs.rend() && heard++ < kEpochsMax; ++epoch) {
    const esp::Party there{IpAddress::from(address), *epoch};
    for (const auto& key : keys.keys) out.in.push_back({esp::skein_spi(there, key.tag, here), key.key});
    if (out.out || keys.primary >= keys.keys.size()) continue;
    const auto& key = keys.keys[keys.primary];
    out.out = esp::Sa{esp::skein_spi(here, key.tag, there), key.key};
  }
  return out;
}

}  // namespace

Result<EncryptionKeys> encryption_keys(const std::vector<ca::EncryptionKey>& all) {
  const auto mine = ca::keys_of_subsystem(all, ca::kSubsystemIpsec);
  EncryptionKeys out;
  SKEIN_TRY_ASSIGN(out.primary, ca::primary_key_index(mine, ca::kSubsystemIpsec));
  for (const auto& key : mine) {
    if (key.key().size() != esp::Key::kBytes)
      return make_error(Code::kInvalidArgument, "a key of encrypted networks is of " +
                                                    std::to_string(key.key().size()) + " bytes, and not of 16");
    const auto* bytes = reinterpret_cast<const uint8_t*>(key.key().data());
    out.keys.push_back({static_cast<uint32_t>(key.lamport_time()),
                        esp::Key(std::span<const uint8_t, esp::Key::kBytes>(bytes, esp::Key::kBytes))});
  }
  return out;
}

esp::Config encryption_config(const EncryptionView& view, const EncryptionKeys& keys, uint64_t own_epoch) {
  esp::Config out;
  out.tap = kernel::net::kEspDevice;
  out.local = view.local;
  out.vxlan_port = view.data_path_port;
  const esp::Party own{IpAddress::from(view.local), own_epoch};
  for (const auto& [address, peer] : view.peers) {
    if (out.peers.size() == esp::kPeersMax) break;
    if (address == view.local) continue;
    out.peers.push_back(peer.is_docker_engine ? docker_peer(view.local, address, keys)
                                              : own_peer(own, address, peer, view.encrypts_in_kernel, keys));
  }
  return out;
}

}  // namespace skein::overlay
