#include "wire/memberlist/lzw.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace skein::wire::memberlist {

namespace {

constexpr uint32_t kClear = 256, kEnd = 257;
constexpr int kWidthMin = 9, kWidthMax = 12;
constexpr uint32_t kCodes = 1u << kWidthMax;

class BitReader {
 public:
  explicit BitReader(std::string_view input) : input_(input) {}
  std::optional<uint32_t> take(int width) {
    for (; count_ < width; count_ += 8) {
      if (input_.empty()) return std::nullopt;
      bits_ |= uint32_t{static_cast<uint8_t>(input_.front())} << count_;
      input_.remove_prefix(1);
    }
    const uint32_t code = bits_ & ((1u << width) - 1);
    bits_ >>= width;
    count_ -= width;
    return code;
  }

 private:
  std::string_view input_;
  uint32_t bits_ = 0;
  int count_ = 0;
};

class Decompressor {
 public:
  explicit Decompressor(size_t plain_bytes_max) : plain_bytes_max_(plain_bytes_max) {}

  Result<std::string> run(std::string_view packed) {
    BitReader bits(packed);
    clear();
    while (auto code = bits.take(width_)) {
      if (*code == kEnd) return std::move(out_);
      if (*code == kClear) {
        clear();
        continue;
      }
      if (!expand(*code)) return make_error(Code::kInvalidArgument, "malformed LZW data", "code not assigned yet");
      if (out_.size() > plain_bytes_max_) return make_error(Code::kResourceExhausted, "LZW data too large");
    }
    return make_error(Code::kInvalidArgument, "malformed LZW data", "no end code");
  }

 private:
  void clear() {
    width_ = kWidthMin;
    next_ = kEnd;
    previous_.reset();
  }

  // Appends the string of `code` and gives the next code to the previous string plus the first byte of this one.
  bool expand(uint32_t code) {
    const size_t start = out_.size();
    const bool is_own_prefix = code == next_ && previous_.has_value();  // names the very code that it defines
    if (code > kEnd && code >= next_ && !is_own_prefix && !is_full()) return false;
    for (uint32_t walk = is_own_prefix ? *previous_ : code;; walk = prefix_[walk]) {
      out_.push_back(static_cast<char>(walk < kClear ? walk : suffix_[walk]));
      if (walk < kClear) break;
    }
    std::reverse(out_.begin() + static_cast<std::ptrdiff_t>(start), out_.end());
    const char first = out_[start];
    if (is_own_prefix) out_.push_back(first);
    if (is_full()) return true;
    if (previous_) {
      prefix_[next_] = static_cast<uint16_t>(*previous_);
      suffix_[next_] = static_cast<uint8_t>(first);
    }
    previous_ = code;
    if (++next_ == 1u << width_ && width_ < kWidthMax) ++width_;
    if (is_full()) previous_.reset();
    return true;
  }

  // All 12-bit codes are assigned; they stay as they are until a clear.
  bool is_full() const { return next_ == kCodes; }

  size_t plain_bytes_max_;
  std::string out_;
  int width_ = kWidthMin;
  uint32_t next_ = kEnd;  // the code that this step assigns; the first code after a clear assigns none
  std::optional<uint32_t> previous_;
  std::array<uint16_t, kCodes> prefix_{};
  std::array<uint8_t, kCodes> suffix_{};
};

}  // namespace

Result<std::string> lzw_decompress(std::string_view packed, size_t plain_bytes_max) {
  return Decompressor(plain_bytes_max).run(packed);
}

}  // namespace skein::wire::memberlist
