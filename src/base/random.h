// Randomness enters by this door only: seeded in tests and in the simulator, the kernel's in production.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace skein {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<uint8_t> out) = 0;

  uint64_t u64();
  uint64_t below(uint64_t bound);  // 0 <= x < bound; bound must be > 0
  double unit();                   // 0 <= x < 1
  std::string hex(size_t digits);

  // 25 characters of [0-9a-z], as swarm objects are named: 17 random bytes with the top bit set, as a number in
  // base 36, without its first digit.
  std::string object_id();
};

// The kernel's generator, for keys and ids. Thread-safe.
Random& system_random();

// Repeatable, not for keys. Not thread-safe.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  void fill(std::span<uint8_t> out) override;

 private:
  uint64_t state_;
};

}  // namespace skein
