// Every counter of the daemon and of its worker: what is counted, in what unit, and what it means. Each is registered
// once, here, as X(enumerator, name, unit, meaning). Those of the BPF programs stand in kernel/bpf/reasons.h, in their
// language and in packets; `tools/check_events` looks at both that no name occurs twice or is never counted.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace skein {

// Gossip's machine: what it hears that is not in order, and the tables that it sends.
#define SKEIN_GOSSIP_COUNTERS(X)                                                                             \
  X(kPacketsDroppedKey, "packets_dropped_key", "packets", "not sealed with a key of ours")                   \
  X(kPacketsDroppedMalformed, "packets_dropped_malformed", "packets", "no message of gossip's")              \
  X(kStreamsDroppedKey, "streams_dropped_key", "streams", "not sealed with a key of ours")                   \
  X(kStreamsDroppedMalformed, "streams_dropped_malformed", "streams", "no message of gossip's")              \
  X(kStreamsNotOpened, "streams_not_opened", "streams", "another host could not be reached by TCP")          \
  X(kStreamsRefusedByPeer, "streams_refused_by_peer", "streams", "another host could not read what we sent") \
  X(kPushPullsRefusedProtocol, "push_pulls_refused_protocol", "streams", "versions of the protocol differ")  \
  X(kTableMessagesMalformed, "table_messages_malformed", "messages", "no message about a table")             \
  X(kEarlySyncsDropped, "early_syncs_dropped", "messages", "tables of unknown hosts, too many at once")      \
  X(kBulkSyncs, "bulk_syncs", "streams", "tables sent to another host")                                      \
  X(kBulkSyncsSpared, "bulk_syncs_spared", "rounds", "nobody on a network knows other tables")               \
  X(kDifferencesMended, "differences_mended", "differences",                                                 \
    "tables of two hosts differed for long, and were exchanged")                                             \
  X(kRefutedDeaths, "refuted_deaths", "claims", "another host called us dead")                               \
  X(kRefutedSuspicions, "refuted_suspicions", "claims", "another host suspected us")

// Gossip's sockets.
#define SKEIN_GOSSIP_SOCKET_COUNTERS(X)                                                            \
  X(kPacketsReceived, "packets_received", "packets", "came in")                                    \
  X(kPacketsSent, "packets_sent", "packets", "went out")                                           \
  X(kPacketsUnsent, "packets_unsent", "packets", "the kernel would not take: no route, no buffer") \
  X(kStreamsAccepted, "streams_accepted", "streams", "of other hosts, taken")                      \
  X(kStreamsRefused, "streams_refused", "streams", "over the number of connections or bytes")      \
  X(kStreamsBroken, "streams_broken", "streams", "accepted, but cut, too slow or too long")        \
  X(kStreamsOpened, "streams_opened", "streams", "to other hosts")                                 \
  X(kStreamsFailed, "streams_failed", "streams", "opened, but not completed in time")

// Why packets end in the ESP worker: from the TAP device, then from the underlay.
#define SKEIN_ESP_DROPS(X)                                                                                            \
  X(kTapMalformed, "tap_malformed", "packets", "no VXLAN packet, or a virtio header that contradicts the frame")      \
  X(kTapUnknownPeer, "tap_unknown_peer", "packets", "for a host that is no peer")                                     \
  X(kNoOutboundKey, "no_outbound_key", "packets", "the peer has no outbound SA yet")                                  \
  X(kSequenceExhausted, "sequence_exhausted", "packets", "2^32 packets without extended numbers (RFC 4303 2.2)")      \
  X(kTooLong, "too_long", "packets", "does not fit a datagram")                                                       \
  X(kPathMtu, "path_mtu", "packets", "longer than the path takes (EMSGSIZE)")                                         \
  X(kSendQueueFull, "send_queue_full", "packets", "the socket or the device takes no more now")                       \
  X(kSendFailed, "send_failed", "packets", "any other error of the socket")                                           \
  X(kTruncated, "truncated", "packets", "shorter than its headers")                                                   \
  X(kReceiveTooLong, "receive_too_long", "packets", "longer than the buffer")                                         \
  X(kNotEsp, "not_esp", "packets", "in UDP, but an IKE message or a keep-alive (RFC 3948 2)")                         \
  X(kUnknownSpi, "unknown_spi", "packets", "no inbound SA of this source; packets in clear look like this")           \
  X(kReplayed, "replayed", "packets", "the sequence number came before")                                              \
  X(kTooOld, "too_old", "packets", "left of the window")                                                              \
  X(kBadIcv, "bad_icv", "packets", "not sealed with the key")                                                         \
  X(kNotVxlan, "not_vxlan", "packets", "sealed, but not UDP to the VXLAN port with a VXLAN header and a frame in it") \
  X(kTapWriteFailed, "tap_write_failed", "packets", "the TAP device does not take it")

struct Metric {
  std::string_view name, unit, meaning;
};

#define SKEIN_METRIC_ENUMERATOR(enumerator, name, unit, meaning) enumerator,
#define SKEIN_METRIC_ENTRY(enumerator, name, unit, meaning) Metric{name, unit, meaning},

enum class GossipCount : uint8_t { SKEIN_GOSSIP_COUNTERS(SKEIN_METRIC_ENUMERATOR) };
inline constexpr std::array kGossipMetrics{SKEIN_GOSSIP_COUNTERS(SKEIN_METRIC_ENTRY)};
constexpr const auto& metrics_of(GossipCount) { return kGossipMetrics; }

enum class GossipSocketCount : uint8_t { SKEIN_GOSSIP_SOCKET_COUNTERS(SKEIN_METRIC_ENUMERATOR) };
inline constexpr std::array kGossipSocketMetrics{SKEIN_GOSSIP_SOCKET_COUNTERS(SKEIN_METRIC_ENTRY)};
constexpr const auto& metrics_of(GossipSocketCount) { return kGossipSocketMetrics; }

inline constexpr std::array kEspDropMetrics{SKEIN_ESP_DROPS(SKEIN_METRIC_ENTRY)};

// The counts of one list. Of one thread.
template <class Count>
class Counts {
 public:
  void add(Count what) { ++counts_[static_cast<size_t>(what)]; }
  uint64_t of(Count what) const { return counts_[static_cast<size_t>(what)]; }

 private:
  std::array<uint64_t, metrics_of(Count{}).size()> counts_{};
};

}  // namespace skein
