// Security parameter indexes (RFC 4303 section 2.1) that both ends of a pair of hosts compute alike. Pure.
//
// The hash is FNV-1a of 32 bits, as in Docker's overlay driver. Values below 256 are reserved by RFC 4303; 0 would be
// taken for IKE when ESP travels in UDP (RFC 3948 section 2.2).
#pragma once

#include <cstdint>

#include "base/address.h"

namespace skein::esp {

constexpr uint32_t kSpiMin = 256;

// What packets from `source` to `target` carry, when they are sealed with the key of this tag (the low 32 bits of the
// key's Lamport time). Docker's rule: source and target as 16 bytes (v4-mapped), the tag in big endian between them.
// Docker knows no reserved values, so one may come back: once in 16 million pairs.
uint32_t docker_spi(const IpAddress& source, uint32_t tag, const IpAddress& target);

// One of two hosts of ours, with the epoch of its state file (control.h).
struct Party {
  IpAddress address;
  uint64_t epoch = 0;
};

// The same between hosts of ours: both epochs, the source's first, are hashed behind the rest. A sender that lost its
// sequence numbers has another SPI, and with it another salt; a receiver that lost its windows is not the one that
// recorded packets were for. Never a reserved value: zero bytes are hashed behind until the hash is none.
uint32_t skein_spi(const Party& source, uint32_t tag, const Party& target);

}  // namespace skein::esp
