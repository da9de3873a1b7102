// Security associations in use: an outbound and an inbound half, each one direction between two hosts under one key.
//
// Threads: any number may use one at once, each with its own index (aead.h). Sequence numbers are taken atomically; a
// window is one thread's at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "esp/control/config.h"
#include "esp/crypto/aead.h"
#include "esp/crypto/drops.h"
#include "esp/crypto/replay_window.h"

namespace skein::esp {

// What both ends of a pair must agree on besides the key.
struct SaForm {
  uint8_t icv_bytes = 16;
  bool has_esn = true;
  bool has_window = true;  // inbound only
  bool operator==(const SaForm&) const = default;
};

// Nonce and associated data (RFC 4106 sections 3 and 5): salt | IV, and SPI | number, of 64 or 32 bits.
struct NonceAndAssociated {
  uint8_t nonce[kNonceBytes];
  uint8_t associated[12];
  size_t associated_bytes = 0;
};

class OutboundSa {
 public:
  // `last_sent` lies in the state file. `iv_base` is random: no IV comes twice in this process, since numbers do not,
  // and none of another's with a chance worth naming.
  OutboundSa(const Sa& sa, SaForm form, std::unique_ptr<AeadKey> key, std::shared_ptr<std::atomic<uint64_t>> last_sent,
             uint64_t iv_base)
      : spi(sa.spi), form(form), iv_base_(iv_base), key_(std::move(key)), last_sent_(std::move(last_sent)) {}

  // The first of `count` numbers that nobody else gets; nothing once they are used up, and never again then.
  std::optional<uint64_t> take_numbers(uint64_t count);

  // `packet` is a whole ESP packet in the clear with room for the check value at its end (packet.h): writes SPI, number
  // and IV, and seals.
  void seal(unsigned thread, std::span<uint8_t> packet, uint64_t sequence) const;

  void count(uint64_t packets, uint64_t bytes) {
    this->packets.fetch_add(packets, std::memory_order_relaxed);
    this->bytes.fetch_add(bytes, std::memory_order_relaxed);
  }

  const uint32_t spi;
  const SaForm form;
  std::atomic<uint64_t> packets{0}, bytes{0};

 private:
  const uint64_t iv_base_;
  const std::unique_ptr<AeadKey> key_;
  const std::shared_ptr<std::atomic<uint64_t>> last_sent_;
};

class InboundSa {
 public:
  InboundSa(const Sa& sa, SaForm form, std::unique_ptr<AeadKey> key, std::shared_ptr<WindowState> window)
      : spi(sa.spi), form(form), key_(std::move(key)), window_(std::move(window)) {}

  // Opens a whole ESP packet in place, at least kSealedBytesMin long (packet.h), and marks its number as come. kNone if
  // it is genuine and new.
  Drop open(unsigned thread, std::span<uint8_t> packet);

  const uint32_t spi;
  const SaForm form;
  std::atomic<uint64_t> packets{0}, bytes{0}, replayed{0}, failed{0};

 private:
  // Numbers are looked up and marked in nanoseconds, never while opening.
  class Lock;
  std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
  const std::unique_ptr<AeadKey> key_;
  const std::shared_ptr<WindowState> window_;
};

}  // namespace skein::esp
