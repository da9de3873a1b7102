#include "esp/crypto/spi.h"

#include <array>
#include <span>

namespace skein::esp {
namespace {

class Fnv1a {
 public:
  void add(uint8_t byte) { value_ = (value_ ^ byte) * 0x01000193; }
  void add(std::span<const uint8_t> bytes) {
    for (uint8_t byte : bytes) add(byte);
  }
  void add_big_endian(uint64_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) add(static_cast<uint8_t>(number >> 8 * i));
  }
  uint32_t value() const { return value_; }

 private:
  uint32_t value_ = 0x811c9dc5;
};

void add_address(Fnv1a& hash, const IpAddress& address) {
  if (address.is_v6) return hash.add(address.v6.octets);
  static constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  hash.add(kMapped);
  hash.add_big_endian(address.v4.value, 4);
}

Fnv1a hash_of(const IpAddress& source, uint32_t tag, const IpAddress& target) {
  Fnv1a hash;
  add_address(hash, source);
  hash.add_big_endian(tag, 4);
  add_address(hash, target);
  return hash;
}

}  // namespace

uint32_t docker_spi(const IpAddress& source, uint32_t tag, const IpAddress& target) {
  return hash_of(source, tag, target).value();
}

uint32_t skein_spi(const Party& source, uint32_t tag, const Party& target) {
  Fnv1a hash = hash_of(source.address, tag, target.address);
  hash.add_big_endian(source.epoch, 8);
  hash.add_big_endian(target.epoch, 8);
  while (hash.value() < kSpiMin) hash.add(0);
  return hash.value();
}

}  // namespace skein::esp
