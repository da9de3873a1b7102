#include "ca/network_keys.h"

#include <algorithm>
#include <array>

namespace skein::ca {
namespace {

constexpr std::array kSubsystems = {kSubsystemGossip, kSubsystemIpsec};

EncryptionKey make_key(std::string_view subsystem, uint64_t lamport_time, Random& random) {
  std::array<uint8_t, kNetworkKeySizeBytes> bytes;
  random.fill(bytes);
  EncryptionKey out;
  out.set_subsystem(std::string(subsystem));
  out.set_algorithm(EncryptionKey::AES_128_GCM);
  out.set_key(bytes.data(), bytes.size());
  out.set_lamport_time(lamport_time);
  return out;
}

}  // namespace

NetworkKeys make_network_keys(Random& random) {
  NetworkKeys out;
  out.lamport_clock = random.below(1 << 16);
  for (std::string_view subsystem : kSubsystems)
    for (size_t i = 0; i < kNetworkKeysPerSubsystem; ++i)
      out.keys.push_back(make_key(subsystem, ++out.lamport_clock, random));
  return out;
}

NetworkKeys rotate_network_keys(const NetworkKeys& before, Random& random) {
  NetworkKeys out;
  out.lamport_clock = before.lamport_clock;
  for (const EncryptionKey& key : before.keys) out.lamport_clock = std::max(out.lamport_clock, key.lamport_time());
  for (std::string_view subsystem : kSubsystems) {
    std::vector<EncryptionKey> keys = keys_of_subsystem(before.keys, subsystem);
    size_t drop = keys.size() >= kNetworkKeysPerSubsystem ? keys.size() - kNetworkKeysPerSubsystem + 1 : 0;
    out.keys.insert(out.keys.end(), keys.begin() + static_cast<std::ptrdiff_t>(drop), keys.end());
    out.keys.push_back(make_key(subsystem, ++out.lamport_clock, random));
  }
  return out;
}

std::vector<EncryptionKey> keys_of_subsystem(const std::vector<EncryptionKey>& keys, std::string_view subsystem) {
  std::vector<EncryptionKey> out;
  for (const EncryptionKey& key : keys)
    if (key.subsystem() == subsystem) out.push_back(key);
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.lamport_time() < b.lamport_time(); });
  return out;
}

Result<size_t> primary_key_index(const std::vector<EncryptionKey>& subsystem_keys, std::string_view subsystem) {
  if (subsystem_keys.size() >= 2) return size_t{1};
  return make_error(Code::kFailedPrecondition, "no primary key found for " + std::string(subsystem) +
                                                   " subsystem: " + std::to_string(subsystem_keys.size()) +
                                                   " keys found on controller, expected at least 2");
}

}  // namespace skein::ca
