#include "esp/path/inbound.h"

#include <algorithm>

#include "esp/packet/checksum.h"
#include "esp/packet/packet.h"

namespace skein::esp {

void receive_esp(const Tables& tables, Ipv4 source, std::span<uint8_t> packet, InboundThread thread) {
  if (packet.size() < kSealedBytesMin) return thread.drops.add(Drop::kTruncated);
  const InboundMatch match = tables.find(source, load32(packet.data()));
  if (!match.sa) return thread.drops.add(Drop::kUnknownSpi);
  const OpenedPacket opened = open_packet(*match.sa, thread.index, packet, tables.vxlan_port());
  if (opened.drop != Drop::kNone) return thread.drops.add(opened.drop);
  match.sa->packets.fetch_add(1, std::memory_order_relaxed);
  match.sa->bytes.fetch_add(opened.frame.size(), std::memory_order_relaxed);
  const Outer outer{source, tables.local(), opened.source_port, tables.vxlan_port(), opened.vni};
  thread.joiner.add(opened.frame, outer, opened.is_partial && match.peer->peer.has_offload);
}

void receive_udp(const Tables& tables, Ipv4 source, std::span<uint8_t> datagrams, size_t segment_bytes,
                 InboundThread thread) {
  while (!datagrams.empty()) {
    std::span<uint8_t> one = datagrams.first(std::min(segment_bytes, datagrams.size()));
    datagrams = datagrams.subspan(one.size());
    // A keep-alive is one byte; in front of IKE stand four zero bytes.
    if (one.size() == 1 || (one.size() >= 4 && load32(one.data()) == 0))
      thread.drops.add(Drop::kNotEsp);
    else
      receive_esp(tables, source, one, thread);
  }
}

void receive_raw(const Tables& tables, std::span<uint8_t> packet, InboundThread thread) {
  constexpr size_t kIpBytesMin = 20;
  if (packet.size() < kIpBytesMin) return thread.drops.add(Drop::kTruncated);
  const size_t header = size_t{packet[0] & 15u} * 4;
  if (header < kIpBytesMin || header > packet.size()) return thread.drops.add(Drop::kTruncated);
  receive_esp(tables, Ipv4{load32(&packet[12])}, packet.subspan(header), thread);
}

}  // namespace skein::esp
