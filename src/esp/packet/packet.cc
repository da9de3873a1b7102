#include "esp/packet/packet.h"

#include "esp/packet/checksum.h"
#include "esp/packet/inner.h"

namespace skein::esp {

constexpr size_t kUdpOffset = kEspHeaderBytes, kVxlanOffset = kUdpOffset + 8, kTrailerBytes = 2;

size_t sealed_bytes(size_t frame_bytes, uint8_t icv_bytes) {
  // The trailer ends at a multiple of 4 (RFC 4303 section 2.4).
  const size_t plain = kFrameOffset + frame_bytes + kTrailerBytes;
  return (plain + 3) / 4 * 4 + icv_bytes;
}

void seal_packet(const OutboundSa& sa, unsigned thread, std::span<uint8_t> packet, size_t frame_bytes,
                 const Envelope& envelope, uint64_t sequence) {
  uint8_t* udp = packet.data() + kUdpOffset;
  store16(udp, envelope.source_port);
  store16(udp + 2, envelope.vxlan_port);
  store16(udp + 4, static_cast<uint16_t>(16 + frame_bytes));
  store16(udp + 6, 0);
  uint8_t* vxlan = packet.data() + kVxlanOffset;
  const uint32_t flags = kVxlanHasVni | (envelope.is_partial ? kVxlanPartial : 0u);
  store32(vxlan, flags << 24);
  store32(vxlan + 4, envelope.vni.value << 8);
  const size_t padding = packet.size() - sa.form.icv_bytes - kFrameOffset - frame_bytes - kTrailerBytes;
  uint8_t* trailer = packet.data() + kFrameOffset + frame_bytes;
  for (size_t i = 0; i < padding; ++i) *trailer++ = static_cast<uint8_t>(i + 1);
  trailer[0] = static_cast<uint8_t>(padding);
  trailer[1] = kUdp;
  sa.seal(thread, packet, sequence);
}

OpenedPacket open_packet(InboundSa& sa, unsigned thread, std::span<uint8_t> packet, uint16_t vxlan_port) {
  OpenedPacket opened;
  if (packet.size() < kSealedBytesMin - 8 + sa.form.icv_bytes || packet.size() > kDatagramBytesMax) {
    opened.drop = packet.size() > kDatagramBytesMax ? Drop::kReceiveTooLong : Drop::kTruncated;
    return opened;
  }
  opened.drop = sa.open(thread, packet);
  if (opened.drop != Drop::kNone) return opened;
  opened.drop = Drop::kNotVxlan;  // unless all below is right
  const std::span<uint8_t> plain = packet.first(packet.size() - sa.form.icv_bytes);
  const size_t padding = plain[plain.size() - 2];
  const uint8_t* udp = packet.data() + kUdpOffset;
  const uint8_t* vxlan = packet.data() + kVxlanOffset;
  if (plain.back() != kUdp || plain.size() < kFrameOffset + kEthernetBytes + kTrailerBytes + padding) return opened;
  const size_t udp_bytes = load16(udp + 4), room = plain.size() - kTrailerBytes - padding - kUdpOffset;
  if (load16(udp + 2) != vxlan_port || udp_bytes != room || (vxlan[0] & kVxlanHasVni) == 0) return opened;
  opened.drop = Drop::kNone;
  opened.frame = packet.subspan(kFrameOffset, udp_bytes - 16);
  opened.source_port = load16(udp);
  opened.vni.value = load32(vxlan + 4) >> 8;
  opened.is_partial = (vxlan[0] & kVxlanPartial) != 0;
  return opened;
}

}  // namespace skein::esp
