// The keys of gossip, and the envelope in which every packet and stream frame travels:
//   version byte | nonce (12) | ciphertext | tag (16)      AES-GCM, key of 16, 24 or 32 bytes
// On TCP the envelope is preceded by 0a and its length (big-endian, 32 bits), and those five bytes are authenticated.
//
// Seals with the primary key, opens with whichever key fits. There is no protection against replay, and any holder of
// a key can speak for any node: that is the protocol. Version 1 is sent; version 0 (padded plaintext) is understood.
//
// Not thread-safe. Keys are wiped when they are removed and when the ring is destroyed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"

namespace skein::wire::memberlist {

class KeyRing {
 public:
  static constexpr size_t kKeysMax = 16;  // Docker distributes three
  static constexpr size_t kOverhead = 1 + 12 + 16;
  static constexpr size_t kFrameHeader = 5;
  static constexpr uint32_t kFrameBytesMax = 20 * 1024 * 1024;  // of the envelope, as Docker bounds it

  // Refuses keys of a wrong length and more than kKeysMax.
  static Result<KeyRing> make(std::string primary, std::vector<std::string> others);
  ~KeyRing();
  KeyRing(const KeyRing&) = default;
  KeyRing& operator=(const KeyRing&);
  KeyRing(KeyRing&&) noexcept = default;
  KeyRing& operator=(KeyRing&&) noexcept;

  // Rotation is add, use, remove. Adding a known key changes nothing.
  Result<void> add(std::string key);
  // Makes a known key the primary one.
  Result<void> use(std::string_view key);
  // Refuses the primary key; removing an unknown one changes nothing.
  Result<void> remove(std::string_view key);
  const std::string& primary() const { return keys_.front(); }
  const std::vector<std::string>& keys() const { return keys_; }  // the primary first

  // A UDP packet. The randomness makes the nonce and must not repeat under one key.
  std::string seal_packet(std::string_view plain, Random& random) const;
  Result<std::string> open_packet(std::string_view sealed) const;

  // A whole TCP frame with its header. `plain` has at most kFrameBytesMax - kOverhead bytes.
  std::string seal_frame(std::string_view plain, Random& random) const;
  Result<std::string> open_frame(std::string_view frame) const;

  // Size of what follows a frame's header of kFrameHeader bytes; fails when it is not an encrypted frame or too long.
  static Result<uint32_t> parse_frame_header(std::string_view header);

 private:
  explicit KeyRing(std::vector<std::string> keys) : keys_(std::move(keys)) {}
  std::vector<std::string> keys_;
};

}  // namespace skein::wire::memberlist
