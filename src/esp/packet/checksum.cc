#include "esp/packet/checksum.h"

namespace skein::esp {

uint64_t sum_of(std::span<const uint8_t> bytes) {
  const uint8_t* at = bytes.data();
  size_t left = bytes.size();
  // Four sums at once of 32-bit words, which cannot overflow in a datagram's length.
  uint64_t sums[4] = {};
  for (; left >= 32; at += 32, left -= 32) {
    uint32_t words[8];
    std::memcpy(words, at, sizeof words);
    for (int i = 0; i < 4; ++i) sums[i] += uint64_t{words[i]} + words[i + 4];
  }
  uint64_t sum = sums[0] + sums[1] + sums[2] + sums[3];
  for (; left >= 2; at += 2, left -= 2) {
    uint16_t word;
    std::memcpy(&word, at, 2);
    sum += word;
  }
  if (left > 0) {
    const uint8_t last[2] = {*at, 0};
    uint16_t word;
    std::memcpy(&word, last, 2);
    sum += word;
  }
  return sum;
}

void complete_checksum(std::span<uint8_t> frame, size_t start, size_t offset) {
  const auto sum = static_cast<uint16_t>(~fold(sum_of(frame.subspan(start))));
  const uint16_t stored = sum == 0 ? 0xffff : sum;
  std::memcpy(&frame[start + offset], &stored, 2);
}

}  // namespace skein::esp
