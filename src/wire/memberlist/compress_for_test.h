// The same compressed bytes as Docker's peers make: captured traffic, written again, and what the decompressor is tried
// with. Nothing of ours is sent compressed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/memberlist/message.h"
#include "wire/memberlist/msgpack.h"

namespace skein::wire::memberlist {

class LzwBitWriter {
 public:
  void put(uint32_t code, int width) {
    bits_ |= code << count_;
    for (count_ += width; count_ >= 8; count_ -= 8, bits_ >>= 8) out_.push_back(static_cast<char>(bits_));
  }
  std::string finish() {
    if (count_ > 0) out_.push_back(static_cast<char>(bits_));
    return std::move(out_);
  }

 private:
  std::string out_;
  uint32_t bits_ = 0;
  int count_ = 0;
};

class LzwCompressor {
 public:
  std::string run(std::string_view plain) {
    bits_.put(kClear, width_);
    if (!plain.empty()) {
      uint32_t prefix = static_cast<uint8_t>(plain.front());
      for (char byte : plain.substr(1)) prefix = extend(prefix, static_cast<uint8_t>(byte));
      bits_.put(prefix, width_);
      assign(std::nullopt);
    }
    bits_.put(kEnd, width_);
    return bits_.finish();
  }

 private:
  static constexpr uint32_t kClear = 256, kEnd = 257;
  static constexpr int kWidthMin = 9, kWidthMax = 12;
  static constexpr uint32_t kCodes = 1u << kWidthMax;

  // The code of prefix + literal if there is one; otherwise writes the prefix, gives the pair the next code and starts
  // again from the literal.
  uint32_t extend(uint32_t prefix, uint8_t literal) {
    const uint32_t pair = prefix << 8 | literal;
    if (const uint32_t code = slot_of(pair) & kCodeMask; code != 0) return code;
    bits_.put(prefix, width_);
    assign(pair);
    return literal;
  }

  void assign(std::optional<uint32_t> pair) {
    ++last_;
    if (last_ == 1u << width_ && width_ < kWidthMax) ++width_;
    if (last_ == kCodes - 1) {  // the table is full: start afresh
      bits_.put(kClear, width_);
      width_ = kWidthMin;
      last_ = kEnd;
      std::ranges::fill(table_, 0);
    } else if (pair) {
      slot_of(*pair) = *pair << kWidthMax | last_;
    }
  }

  // Where the pair is, or else the empty place for it: at most a quarter of them is ever taken.
  uint32_t& slot_of(uint32_t pair) {
    for (uint32_t at = (pair >> 12 ^ pair) % kSlots;; at = (at + 1) % kSlots)
      if (table_[at] == 0 || table_[at] >> kWidthMax == pair) return table_[at];
  }

  LzwBitWriter bits_;
  int width_ = kWidthMin;
  uint32_t last_ = kEnd;  // the code assigned last
  // A pair has 20 bits, its code 12; no pair has the code 0.
  static constexpr uint32_t kSlots = 4 * kCodes, kCodeMask = kCodes - 1;
  std::vector<uint32_t> table_ = std::vector<uint32_t>(kSlots);
};

inline std::string lzw_compress(std::string_view plain) { return LzwCompressor().run(plain); }

// A formatted message, compound or stream message, compressed.
inline std::string compress(std::string_view message) {
  constexpr uint64_t kLzw = 0;
  const std::string body = MapFormatter().integer("Algo", kLzw).text("Buf", lzw_compress(message)).bytes();
  return static_cast<char>(MessageType::kCompress) + body;
}

}  // namespace skein::wire::memberlist
