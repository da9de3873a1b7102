#include "esp/packet/tap_frame.h"

#include <algorithm>
#include <cstring>

#include "esp/packet/checksum.h"

namespace skein::esp {
namespace {

// A train must be what its type says, with the checksum where the type has it: so cutting needs no further look.
bool is_sound_train(const TapFrame& frame, uint8_t type) {
  if (!frame.inner || frame.gso_bytes == 0 || !frame.needs_checksum) return false;
  const Inner& inner = *frame.inner;
  if (frame.checksum_start != inner.l4 || frame.checksum_offset != inner.checksum_offset()) return false;
  if (inner.end != frame.bytes.size() || inner.payload >= inner.end) return false;
  if (type == kGsoUdp) return inner.protocol == kUdp;
  return inner.protocol == kTcp && inner.is_v6 == (type == kGsoTcp6);
}

}  // namespace

std::optional<TapFrame> parse_tap_frame(std::span<const uint8_t> bytes) {
  if (bytes.size() < kVnetBytes + kOuterBytes + kEthernetBytes) return std::nullopt;
  VnetHeader vnet;
  std::memcpy(&vnet, bytes.data(), kVnetBytes);
  const auto outer = parse_outer(bytes.subspan(kVnetBytes));
  if (!outer) return std::nullopt;
  TapFrame frame{.outer = *outer, .bytes = bytes.subspan(kVnetBytes + kOuterBytes)};
  frame.inner = parse_inner(frame.bytes);
  if (vnet.flags & kVnetNeedsChecksum) {
    if (vnet.checksum_start < kOuterBytes + kEthernetBytes) return std::nullopt;
    frame.needs_checksum = true;
    frame.checksum_start = static_cast<uint16_t>(vnet.checksum_start - kOuterBytes);
    frame.checksum_offset = vnet.checksum_offset;
    if (size_t{frame.checksum_start} + frame.checksum_offset + 2 > frame.bytes.size()) return std::nullopt;
  }
  const uint8_t type = vnet.gso_type & ~kGsoEcn;
  if (type == kGsoNone) return frame;
  if (type != kGsoTcp4 && type != kGsoTcp6 && type != kGsoUdp) return std::nullopt;
  frame.gso_bytes = vnet.gso_bytes;
  if (!is_sound_train(frame, type)) return std::nullopt;
  return frame;
}

Segments::Segments(const TapFrame& frame, bool leaves_checksum) : frame_(frame) {
  is_partial_ = leaves_checksum && frame.needs_checksum && frame.inner && frame.checksum_start == frame.inner->l4 &&
                frame.checksum_offset == frame.inner->checksum_offset();
  header_bytes_ = frame.gso_bytes ? frame.inner->payload : frame.bytes.size();
  payload_bytes_ = frame.bytes.size() - header_bytes_;
  count_ = frame.gso_bytes ? (payload_bytes_ + frame.gso_bytes - 1) / frame.gso_bytes : 1;
}

size_t Segments::size_of(size_t index) const {
  return header_bytes_ + std::min<size_t>(frame_.gso_bytes, payload_bytes_ - index * frame_.gso_bytes);
}

void Segments::write(size_t index, uint8_t* out) const {
  const size_t size = size_of(index);
  std::memcpy(out, frame_.bytes.data(), header_bytes_);
  if (frame_.gso_bytes) {
    const size_t payload = size - header_bytes_;
    std::memcpy(out + header_bytes_, frame_.bytes.data() + header_bytes_ + index * frame_.gso_bytes, payload);
    fix_headers(index, out, payload);
  }
  if (frame_.needs_checksum && !is_partial_)
    complete_checksum({out, size}, frame_.checksum_start, frame_.checksum_offset);
}

// As the kernel cuts: the number of the IPv4 packet and of the first byte go on, CWR is the first segment's, FIN and
// PSH the last one's.
void Segments::fix_headers(size_t index, uint8_t* out, size_t payload_bytes) const {
  const Inner& inner = *frame_.inner;
  uint8_t* ip = out + inner.l3;
  uint8_t* l4 = out + inner.l4;
  const size_t l4_bytes = inner.payload - inner.l4 + payload_bytes;
  if (inner.is_v6) {
    store16(ip + 4, static_cast<uint16_t>(l4_bytes));
  } else {
    store16(ip + 2, static_cast<uint16_t>(inner.l4 - inner.l3 + l4_bytes));
    store16(ip + 4, static_cast<uint16_t>(load16(ip + 4) + index));
    store16(ip + 10, 0);
    const auto sum = static_cast<uint16_t>(~fold(sum_of({ip, size_t{inner.l4} - inner.l3})));
    std::memcpy(ip + 10, &sum, 2);
  }
  if (inner.protocol == kTcp) {
    store32(l4 + 4, static_cast<uint32_t>(load32(l4 + 4) + index * frame_.gso_bytes));
    if (index > 0) l4[13] &= static_cast<uint8_t>(~kCwr);
    if (index + 1 < count_) l4[13] &= static_cast<uint8_t>(~(kFin | kPush));
  } else {
    store16(l4 + 4, static_cast<uint16_t>(l4_bytes));
  }
  // The pseudo header's sum holds the length of the whole train.
  uint16_t pseudo;
  std::memcpy(&pseudo, out + inner.checksum(), 2);
  const auto train_bytes = static_cast<uint16_t>(frame_.bytes.size() - inner.l4);
  pseudo =
      fold(uint64_t{pseudo} + static_cast<uint16_t>(~summand(train_bytes)) + summand(static_cast<uint16_t>(l4_bytes)));
  std::memcpy(out + inner.checksum(), &pseudo, 2);
}

}  // namespace skein::esp
