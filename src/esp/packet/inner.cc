#include "esp/packet/inner.h"

#include "esp/packet/checksum.h"

namespace skein::esp {

constexpr uint16_t kIpv4Type = 0x0800, kIpv6Type = 0x86dd;

std::optional<Inner> parse_inner(std::span<const uint8_t> frame) {
  if (frame.size() < kEthernetBytes + 20) return std::nullopt;
  const uint8_t* ip = frame.data() + kEthernetBytes;
  const size_t room = frame.size() - kEthernetBytes;
  Inner inner{.l3 = kEthernetBytes};
  size_t header, length;
  const uint16_t type = load16(frame.data() + 12);
  if (type == kIpv4Type && ip[0] >> 4 == 4) {
    header = size_t{ip[0] & 15u} * 4;
    length = load16(ip + 2);
    if (header < 20 || (load16(ip + 6) & 0x3fff) != 0) return std::nullopt;
    inner.protocol = ip[9];
  } else if (type == kIpv6Type && ip[0] >> 4 == 6 && room >= 40) {
    header = 40;
    length = header + load16(ip + 4);
    inner.is_v6 = true;
    inner.protocol = ip[6];
  } else {
    return std::nullopt;
  }
  if (length > room || length < header) return std::nullopt;
  const size_t l4_room = length - header;
  size_t l4_header = 8;
  if (inner.protocol == kTcp) {
    if (l4_room < 20) return std::nullopt;
    l4_header = (size_t{ip[header + 12]} >> 4) * 4;
    if (l4_header < 20) return std::nullopt;
  } else if (inner.protocol != kUdp) {
    return std::nullopt;
  }
  if (l4_header > l4_room) return std::nullopt;
  inner.l4 = static_cast<uint16_t>(kEthernetBytes + header);
  inner.payload = static_cast<uint16_t>(inner.l4 + l4_header);
  inner.end = static_cast<uint32_t>(kEthernetBytes + length);
  return inner;
}

}  // namespace skein::esp
