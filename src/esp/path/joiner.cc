#include "esp/path/joiner.h"

#include <cstring>

#include "esp/packet/checksum.h"

namespace skein::esp {
namespace {

constexpr size_t kTrainBytesMax = 65535 - kOuterBytes - kEthernetBytes;  // of the IP packet

size_t payload_of(const Inner& inner) { return inner.end - inner.payload; }

// A plain data segment, without padding behind it, whose IPv4 packet may be cut again.
bool can_join(std::span<const uint8_t> frame, const Inner& inner) {
  const uint8_t flags = frame[inner.l4 + 13];
  return inner.protocol == kTcp && (flags & ~kPush) == kAck && inner.payload < inner.end && inner.end == frame.size() &&
         (inner.is_v6 || inner.l4 - inner.l3 == 20);
}

uint16_t pseudo_sum(std::span<const uint8_t> frame, const Inner& inner, size_t l4_bytes) {
  const size_t address = inner.is_v6 ? 8 : 12, address_bytes = inner.is_v6 ? 32 : 8;
  return fold(sum_of(frame.subspan(inner.l3 + address, address_bytes)) + summand(inner.protocol) +
              summand(static_cast<uint16_t>(l4_bytes)));
}

bool has_right_checksum(std::span<const uint8_t> frame, const Inner& inner) {
  return fold(sum_of(frame.subspan(inner.l4)) + uint64_t{pseudo_sum(frame, inner, frame.size() - inner.l4)}) == 0xffff;
}

bool same(const uint8_t* one, const uint8_t* other, size_t from, size_t to) {
  return std::memcmp(one + from, other + from, to - from) == 0;
}

// Headers equal but for what each segment has of its own.
bool same_flow(const uint8_t* one, const uint8_t* other, const Inner& inner) {
  const size_t l3 = inner.l3, l4 = inner.l4;
  if (!same(one, other, 0, l3)) return false;
  if (inner.is_v6) {
    if (!same(one, other, l3, l3 + 4) || !same(one, other, l3 + 6, l4)) return false;
  } else {
    if (!same(one, other, l3, l3 + 2) || !same(one, other, l3 + 6, l3 + 10) || !same(one, other, l3 + 12, l4))
      return false;
  }
  return same(one, other, l4, l4 + 4) && same(one, other, l4 + 8, l4 + 13) && same(one, other, l4 + 14, l4 + 16) &&
         same(one, other, l4 + 18, inner.payload);
}

}  // namespace

void Joiner::add(std::span<uint8_t> frame, const Outer& outer, bool is_partial) {
  const auto inner = parse_inner(frame);
  if (inner && first_.data() && follows(frame, *inner, outer, is_partial)) {
    const size_t payload = payload_of(*inner);
    pieces_[++count_] = {frame.data() + inner->payload, payload};
    next_sequence_ += static_cast<uint32_t>(payload);
    payload_bytes_ += payload;
    last_flags_ = frame[inner->l4 + 13];
    can_grow_ = payload == payload_of(inner_) && (last_flags_ & kPush) == 0 && count_ < kSegmentsMax;
    return;
  }
  flush();
  start(frame, outer, is_partial, inner);
}

bool Joiner::follows(std::span<const uint8_t> frame, const Inner& inner, const Outer& outer, bool is_partial) const {
  if (!can_grow_ || !outer.is_same_way(outer_) || is_partial != is_partial_ || !can_join(frame, inner)) return false;
  if (inner.is_v6 != inner_.is_v6 || inner.payload != inner_.payload || payload_of(inner) > payload_of(inner_))
    return false;
  if (load32(&frame[inner.l4 + 4]) != next_sequence_) return false;
  if (inner_.payload - inner_.l3 + payload_bytes_ + payload_of(inner) > kTrainBytesMax) return false;
  return same_flow(first_.data(), frame.data(), inner) && (is_partial || has_right_checksum(frame, inner));
}

void Joiner::start(std::span<uint8_t> frame, const Outer& outer, bool is_partial, const std::optional<Inner>& inner) {
  first_ = frame;
  outer_ = outer;
  is_partial_ = is_partial && inner;
  count_ = 1;
  can_grow_ = inner && can_join(frame, *inner) && (frame[inner->l4 + 13] & kPush) == 0;
  if (!inner) return;
  inner_ = *inner;
  if (!can_grow_) return;
  next_sequence_ = static_cast<uint32_t>(load32(&frame[inner->l4 + 4]) + payload_of(*inner));
  payload_bytes_ = payload_of(*inner);
  can_grow_ = is_partial || has_right_checksum(frame, *inner);
}

void Joiner::flush() {
  if (!first_.data()) return;
  VnetHeader vnet;
  if (count_ > 1) write_train();
  if (count_ > 1 || is_partial_) {
    vnet.flags = kVnetNeedsChecksum;
    vnet.checksum_start = static_cast<uint16_t>(inner_.l4 + kOuterBytes);
    vnet.checksum_offset = inner_.checksum_offset();
  }
  if (count_ > 1) {
    vnet.gso_type = inner_.is_v6 ? kGsoTcp6 : kGsoTcp4;
    vnet.gso_bytes = static_cast<uint16_t>(payload_of(inner_));
    vnet.header_bytes = static_cast<uint16_t>(inner_.payload + kOuterBytes);
  }
  std::memcpy(head_.data(), &vnet, kVnetBytes);
  write_outer(head_.data() + kVnetBytes, outer_,
              first_.size() + (count_ > 1 ? payload_bytes_ - payload_of(inner_) : 0));
  pieces_[0] = {head_.data(), head_.size()};
  pieces_[1] = {first_.data(), first_.size()};
  sink_.write({pieces_.data(), 1 + count_}, count_);
  first_ = {};
}

// The first frame's headers become those of the whole.
void Joiner::write_train() {
  uint8_t* ip = first_.data() + inner_.l3;
  uint8_t* l4 = first_.data() + inner_.l4;
  const size_t l4_bytes = inner_.payload - inner_.l4 + payload_bytes_;
  if (inner_.is_v6) {
    store16(ip + 4, static_cast<uint16_t>(l4_bytes));
  } else {
    store16(ip + 2, static_cast<uint16_t>(inner_.l4 - inner_.l3 + l4_bytes));
    store16(ip + 10, 0);
    const auto sum = static_cast<uint16_t>(~fold(sum_of({ip, size_t{inner_.l4} - inner_.l3})));
    std::memcpy(ip + 10, &sum, 2);
  }
  l4[13] = last_flags_;
  const uint16_t pseudo = pseudo_sum(first_, inner_, l4_bytes);
  std::memcpy(l4 + 16, &pseudo, 2);
}

}  // namespace skein::esp
