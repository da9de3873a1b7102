// Keys in tests, told apart by one byte.
#pragma once

#include "esp/crypto/key.h"

namespace skein::esp {

inline Key key_of(uint8_t byte) {
  std::array<uint8_t, Key::kBytes> bytes;
  bytes.fill(byte);
  return Key(bytes);
}

}  // namespace skein::esp
