// AES-128-GCM (NIST SP 800-38D) behind a small door: intel-ipsec-mb where the processor has AES instructions, else
// OpenSSL. Both give the same bytes.
//
// Threads: a key may be used by several at once, each with an index of its own below the `threads` it was made for.
// ipsec-mb's direct API keeps nothing between calls but the expanded key; OpenSSL's contexts are one per index.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "esp/crypto/key.h"

namespace skein::esp {

constexpr size_t kNonceBytes = 12;

enum class Direction : uint8_t { kSeal, kOpen };

// What a call reads and writes besides its key. The text is changed in place.
struct AeadPacket {
  const uint8_t* nonce;  // kNonceBytes
  std::span<const uint8_t> associated;
  std::span<uint8_t> text;
  std::span<uint8_t> icv;  // 8 or 16 bytes; written by seal, compared by open
};

// One key, for one direction.
class AeadKey {
 public:
  virtual ~AeadKey() = default;
  virtual void seal(unsigned thread, const AeadPacket& packet) = 0;
  // False when the check value is wrong; the text is then garbage. Compares in constant time.
  virtual bool open(unsigned thread, const AeadPacket& packet) = 0;
};

class Aead {
 public:
  virtual ~Aead() = default;
  virtual std::string name() const = 0;  // "ipsec-mb avx512", "openssl"
  virtual std::unique_ptr<AeadKey> make_key(const Key& key, Direction direction, unsigned threads) = 0;
};

std::unique_ptr<Aead> make_openssl_aead();
std::unique_ptr<Aead> make_ipsec_mb_aead();  // null when the processor lacks what it needs
std::unique_ptr<Aead> make_best_aead();

}  // namespace skein::esp
