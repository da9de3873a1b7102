// The keys that managers hand to every node: for gossip and for the encryption of overlay networks.
//
// Three keys per subsystem, ordered by their Lamport time, which is unique over both subsystems: the oldest is kept to
// read late traffic, the second is in use, the newest is spread before it is needed. Rotation moves the window by one,
// so that no node ever meets a key it has not got. Pure; key material is secret and never logged.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "wire/proto/objects.pb.h"

namespace skein::ca {

using docker::swarmkit::v1::EncryptionKey;

inline constexpr std::string_view kSubsystemGossip = "networking:gossip";
inline constexpr std::string_view kSubsystemIpsec = "networking:ipsec";
inline constexpr size_t kNetworkKeySizeBytes = 16;  // AES-128-GCM
inline constexpr size_t kNetworkKeysPerSubsystem = 3;

// As in Cluster.network_bootstrap_keys and Cluster.encryption_key_lamport_clock.
struct NetworkKeys {
  std::vector<EncryptionKey> keys;
  uint64_t lamport_clock = 0;  // the newest Lamport time given out
};

// The first set: gossip n, n+1, n+2, ipsec n+3, n+4, n+5, with a random start of 16 bits.
NetworkKeys make_network_keys(Random& random);

// Per subsystem: drops the oldest key (when there are three) and adds a new one.
NetworkKeys rotate_network_keys(const NetworkKeys& before, Random& random);

// The keys of one subsystem, oldest first.
std::vector<EncryptionKey> keys_of_subsystem(const std::vector<EncryptionKey>& keys, std::string_view subsystem);

// Index into keys_of_subsystem of the key that encrypts: the second oldest. Needs two keys.
Result<size_t> primary_key_index(const std::vector<EncryptionKey>& subsystem_keys, std::string_view subsystem);

}  // namespace skein::ca
