#include "gossip/table/table_digest.h"

namespace skein::gossip {
namespace {

constexpr uint8_t kDigestMark = 0xd1;
constexpr size_t kPayloadBytes = 1 + sizeof(uint64_t);

// FNV-1a over each part and its length, so that parts cannot flow into each other.
class Hash {
 public:
  Hash& add(std::string_view bytes) {
    for (const char byte : bytes) step(static_cast<uint8_t>(byte));
    return add(bytes.size());
  }
  Hash& add(uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) step(static_cast<uint8_t>(number >> shift));
    return *this;
  }
  // Spread over all bits (splitmix64's last step), since sums are made of it.
  uint64_t value() const {
    uint64_t out = state_;
    out = (out ^ (out >> 30)) * 0xbf58476d1ce4e5b9;
    out = (out ^ (out >> 27)) * 0x94d049bb133111eb;
    return out ^ (out >> 31);
  }

 private:
  void step(uint8_t byte) { state_ = (state_ ^ byte) * 0x100000001b3; }

  uint64_t state_ = 0xcbf29ce484222325;
};

}  // namespace

uint64_t entry_digest(std::string_view table, std::string_view key, std::string_view owner, LamportTime ltime) {
  return Hash().add(table).add(key).add(owner).add(ltime).value();
}

uint64_t network_digest(std::string_view network, uint64_t table) { return Hash().add(network).add(table).value(); }

std::string format_digest(uint64_t digest) {
  std::string out(1, static_cast<char>(kDigestMark));
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(digest >> shift));
  return out;
}

std::optional<uint64_t> parse_digest(std::string_view payload) {
  if (payload.size() != kPayloadBytes || static_cast<uint8_t>(payload.front()) != kDigestMark) return std::nullopt;
  uint64_t out = 0;
  for (const char byte : payload.substr(1)) out = out << 8 | static_cast<uint8_t>(byte);
  return out;
}

}  // namespace skein::gossip
