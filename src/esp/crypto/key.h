// A key of AES-128 (RFC 4106 without its salt). It lives in memory only and is wiped when it goes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace skein::esp {

class Key {
 public:
  static constexpr size_t kBytes = 16;
  Key() = default;
  explicit Key(std::span<const uint8_t, kBytes> bytes) { std::copy(bytes.begin(), bytes.end(), bytes_.begin()); }
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key();
  std::span<const uint8_t, kBytes> bytes() const { return bytes_; }
  bool operator==(const Key&) const = default;

 private:
  std::array<uint8_t, kBytes> bytes_{};
};

}  // namespace skein::esp
