#include "base/random.h"

#include <sys/random.h>

#include <array>

#include "base/bytes.h"
#include "base/result.h"

namespace skein {
namespace {

class SystemRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override {
    while (!out.empty()) {
      ssize_t got = getrandom(out.data(), out.size(), 0);
      SKEIN_ASSERT(got > 0);
      out = out.subspan(static_cast<size_t>(got));
    }
  }
};

}  // namespace

uint64_t Random::u64() {
  std::array<uint8_t, 8> bytes;
  fill(bytes);
  uint64_t out = 0;
  for (uint8_t byte : bytes) out = out << 8 | byte;
  return out;
}

uint64_t Random::below(uint64_t bound) {
  SKEIN_ASSERT(bound > 0);
  uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  for (;;)
    if (uint64_t x = u64(); x < limit) return x % bound;
}

double Random::unit() { return static_cast<double>(u64() >> 11) * 0x1.0p-53; }

std::string Random::hex(size_t digits) {
  std::string bytes((digits + 1) / 2, '\0');
  fill({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()});
  return to_hex(bytes).substr(0, digits);
}

std::string Random::object_id() {
  std::array<uint8_t, 17> bytes;
  fill(bytes);
  bytes[0] |= 0x80;
  return to_base36(bytes, 26).substr(1, 25);
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

// SplitMix64.
void SeededRandom::fill(std::span<uint8_t> out) {
  for (size_t i = 0; i < out.size();) {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    for (int byte = 0; byte < 8 && i < out.size(); ++byte, z >>= 8) out[i++] = static_cast<uint8_t>(z);
  }
}

}  // namespace skein
