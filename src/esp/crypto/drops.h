// Why packets end in the worker. Each one that goes neither out nor in is counted under one reason.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace skein::esp {

enum class Drop : uint8_t {
  kNone,
  // From the TAP device.
  kTapMalformed,       // no VXLAN packet, or a virtio header that contradicts the frame
  kTapUnknownPeer,     // for a host that is no peer
  kNoOutboundKey,      // the peer has no outbound SA yet
  kSequenceExhausted,  // 2^32 packets without extended numbers (RFC 4303 section 2.2)
  kTooLong,            // does not fit a datagram
  kPathMtu,            // longer than the path takes (EMSGSIZE)
  kSendQueueFull,      // the socket or the device takes no more now
  kSendFailed,         // any other error of the socket
  // From the underlay.
  kTruncated,       // shorter than its headers
  kReceiveTooLong,  // longer than the buffer
  kNotEsp,          // in UDP, but an IKE message or a keep-alive (RFC 3948 section 2)
  kUnknownSpi,      // no inbound SA of this source; packets in clear look like this
  kReplayed,        // the sequence number came before
  kTooOld,          // it is left of the window
  kBadIcv,          // not sealed with the key
  kNotVxlan,        // sealed, but not UDP to the VXLAN port with a VXLAN header and an Ethernet frame
  kTapWriteFailed,
  kCount,
};

// Its name in the status, "bad_icv".
const char* drop_name(Drop reason);

// Of one thread: written by it alone, read by any.
class DropCounts {
 public:
  void add(Drop reason, uint64_t packets = 1) {
    auto& count = counts_[static_cast<size_t>(reason)];
    count.store(count.load(std::memory_order_relaxed) + packets, std::memory_order_relaxed);
  }
  uint64_t of(Drop reason) const { return counts_[static_cast<size_t>(reason)].load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<uint64_t>, static_cast<size_t>(Drop::kCount)> counts_{};
};

}  // namespace skein::esp
