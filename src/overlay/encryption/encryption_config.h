// What this host's encryptor is to hold, from what the manager and the other hosts tell. Pure.
//
// As with Docker: one cluster-wide key seals, the second oldest of three, and all three open, so that hosts may learn
// of a rotation at different moments. Between hosts of ours a sender's sequence numbers go on for as long as its epoch
// lasts, whichever daemon it has, and so do a receiver's windows; with a new epoch of either, packets have another SPI.
// Kernels take no ESP in UDP of ours and want inner checksums complete: towards one, and from one, packets are of
// protocol
// 50. Docker Engines know no epochs, no extended sequence numbers, and use a short check value.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "ca/network_keys.h"
#include "esp/control/config.h"

namespace skein::overlay {

// A cluster-wide key. The tag names it: the low 32 bits of its Lamport time.
struct EncryptionKey {
  uint32_t tag = 0;
  esp::Key key;
  bool operator==(const EncryptionKey&) const = default;
};

struct EncryptionKeys {
  std::vector<EncryptionKey> keys;  // oldest first, at most 3
  size_t primary = 0;               // the one that seals
  bool operator==(const EncryptionKeys&) const = default;
};

// Those for encrypted networks among all keys that the manager tells. kInvalidArgument: fewer than two, or of another
// length than AES-128 has.
Result<EncryptionKeys> encryption_keys(const std::vector<ca::EncryptionKey>& all);

// Another host with endpoints on an encrypted network of ours.
struct EncryptedPeer {
  bool is_docker_engine = false;
  std::set<uint64_t> epochs;  // of which its records tell; none: it cannot be heard yet
  bool encrypts_in_kernel = false;
  bool operator==(const EncryptedPeer&) const = default;
};
using EncryptedPeers = std::map<Ipv4, EncryptedPeer>;  // by tunnel endpoint

// Epochs of one peer that are heard at the same time: of an earlier life of it some records may still be told.
inline constexpr size_t kEpochsMax = 2;

struct EncryptionView {
  Ipv4 local;  // our tunnel endpoint
  uint16_t data_path_port = 4789;
  EncryptedPeers peers;
  uint32_t device = 0;  // interface index of the one that the encryptor is to take
  bool encrypts_in_kernel = false;
  bool operator==(const EncryptionView&) const = default;
};

esp::Config encryption_config(const EncryptionView& view, const EncryptionKeys& keys, uint64_t own_epoch);

}  // namespace skein::overlay
