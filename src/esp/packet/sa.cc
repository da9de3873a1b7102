#include "esp/packet/sa.h"

#include "esp/packet/checksum.h"
#include "esp/packet/packet.h"

namespace skein::esp {
namespace {

NonceAndAssociated describe(uint32_t spi, const uint8_t* iv, uint64_t sequence, bool has_esn) {
  NonceAndAssociated result;
  store32(result.nonce, spi);
  std::memcpy(result.nonce + 4, iv, 8);
  store32(result.associated, spi);
  if (has_esn) {
    store64(result.associated + 4, sequence);
    result.associated_bytes = 12;
  } else {
    store32(result.associated + 4, static_cast<uint32_t>(sequence));
    result.associated_bytes = 8;
  }
  return result;
}

AeadPacket sealed_part(std::span<uint8_t> packet, const NonceAndAssociated& described, uint8_t icv_bytes) {
  return {described.nonce,
          {described.associated, described.associated_bytes},
          packet.subspan(kEspHeaderBytes, packet.size() - kEspHeaderBytes - icv_bytes),
          packet.last(icv_bytes)};
}

}  // namespace

std::optional<uint64_t> OutboundSa::take_numbers(uint64_t count) {
  const uint64_t most = form.has_esn ? UINT64_MAX : UINT32_MAX;
  uint64_t last = last_sent_->load(std::memory_order_relaxed);
  do {
    if (most - count < last) return std::nullopt;
  } while (!last_sent_->compare_exchange_weak(last, last + count, std::memory_order_relaxed));
  return last + 1;
}

void OutboundSa::seal(unsigned thread, std::span<uint8_t> packet, uint64_t sequence) const {
  store32(packet.data(), spi);
  store32(packet.data() + 4, static_cast<uint32_t>(sequence));
  store64(packet.data() + 8, iv_base_ ^ sequence);
  const auto described = describe(spi, packet.data() + 8, sequence, form.has_esn);
  key_->seal(thread, sealed_part(packet, described, form.icv_bytes));
}

class InboundSa::Lock {
 public:
  explicit Lock(InboundSa& sa) : busy_(sa.busy_) {
    while (busy_.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~Lock() { busy_.clear(std::memory_order_release); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  std::atomic_flag& busy_;
};

Drop InboundSa::open(unsigned thread, std::span<uint8_t> packet) {
  const uint32_t low = load32(packet.data() + 4);
  uint64_t sequence = low;
  Drop reason;
  {
    Lock lock(*this);
    if (form.has_esn) sequence = infer_sequence(window_->top.load(std::memory_order_relaxed), low).value_or(0);
    reason = form.has_window ? check_window(*window_, sequence) : Drop::kNone;
  }
  if (reason == Drop::kNone) {
    const auto described = describe(spi, packet.data() + 8, sequence, form.has_esn);
    if (key_->open(thread, sealed_part(packet, described, form.icv_bytes))) {
      Lock lock(*this);
      if (form.has_window) reason = update_window(*window_, sequence);
    } else {
      reason = Drop::kBadIcv;
    }
  }
  if (reason == Drop::kBadIcv) failed.fetch_add(1, std::memory_order_relaxed);
  if (reason == Drop::kReplayed || reason == Drop::kTooOld) replayed.fetch_add(1, std::memory_order_relaxed);
  return reason;
}

}  // namespace skein::esp
