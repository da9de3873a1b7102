#include "esp/packet/outer.h"

#include <algorithm>
#include <cstring>

#include "esp/packet/checksum.h"
#include "esp/packet/inner.h"
#include "esp/packet/packet.h"

namespace skein::esp {
namespace {

constexpr size_t kIp = 14, kUdpAt = kIp + 20, kVxlan = kUdpAt + 8;
constexpr uint16_t kOuterType = 0x0800, kDontFragment = 0x4000;
constexpr Mac kPeerMac{{2, 's', 'k', 'e', 0, 2}};  // nobody's

// A length that does not fit is that of a train, which nobody reads.
uint16_t length16(size_t bytes) { return bytes > UINT16_MAX ? 0 : static_cast<uint16_t>(bytes); }

}  // namespace

std::optional<Outer> parse_outer(std::span<const uint8_t> bytes) {
  if (bytes.size() < kOuterBytes) return std::nullopt;
  const uint8_t* at = bytes.data();
  if (load16(at + 12) != kOuterType || at[kIp] != 0x45 || at[kIp + 9] != kUdp || !(at[kVxlan] & kVxlanHasVni))
    return std::nullopt;
  return Outer{.peer = Ipv4{load32(at + kIp + 16)},
               .local = Ipv4{load32(at + kIp + 12)},
               .source_port = load16(at + kUdpAt),
               .vxlan_port = load16(at + kUdpAt + 2),
               .vni = Vni{load32(at + kVxlan + 4) >> 8}};
}

void write_outer(uint8_t* out, const Outer& outer, size_t frame_bytes) {
  std::memset(out, 0, kOuterBytes);
  std::copy(kTapMac.octets.begin(), kTapMac.octets.end(), out);
  std::copy(kPeerMac.octets.begin(), kPeerMac.octets.end(), out + 6);
  store16(out + 12, kOuterType);
  uint8_t* ip = out + kIp;
  ip[0] = 0x45;
  store16(ip + 2, length16(20 + 8 + 8 + frame_bytes));
  store16(ip + 6, kDontFragment);
  ip[8] = 64;
  ip[9] = kUdp;
  store32(ip + 12, outer.peer.value);
  store32(ip + 16, outer.local.value);
  const auto sum = static_cast<uint16_t>(~fold(sum_of({ip, 20})));
  std::memcpy(ip + 10, &sum, 2);
  store16(out + kUdpAt, outer.source_port);
  store16(out + kUdpAt + 2, outer.vxlan_port);
  store16(out + kUdpAt + 4, length16(8 + 8 + frame_bytes));
  out[kVxlan] = kVxlanHasVni;
  store32(out + kVxlan + 4, outer.vni.value << 8);
}

}  // namespace skein::esp
