#include "esp/crypto/replay_window.h"

#include <algorithm>

namespace skein::esp {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

size_t word_of(uint64_t sequence) { return sequence / WindowState::kWordBits % WindowState::kWords; }
uint64_t bit_of(uint64_t sequence) { return uint64_t{1} << sequence % WindowState::kWordBits; }

// The kernel keeps what a killed process stored, in the order of its instructions: only the compiler must not reorder.
void order_stores() { std::atomic_signal_fence(std::memory_order_seq_cst); }

}  // namespace

std::optional<uint64_t> infer_sequence(uint64_t top, uint32_t low) {
  const uint64_t high = top >> 32;
  const uint32_t top_low = static_cast<uint32_t>(top);
  const uint32_t bottom_low = top_low - static_cast<uint32_t>(WindowState::kNumbers - 1);  // wraps, as in the RFC
  if (top_low >= WindowState::kNumbers - 1) return (low >= bottom_low ? high : high + 1) << 32 | low;
  if (low < bottom_low) return high << 32 | low;
  if (high == 0) return std::nullopt;
  return (high - 1) << 32 | low;
}

Drop check_window(const WindowState& state, uint64_t sequence) {
  const uint64_t top = state.top.load(kRelaxed);
  if (sequence == 0) return Drop::kTooOld;  // never sent
  if (sequence > top) return Drop::kNone;
  if (top - sequence >= WindowState::kNumbers) return Drop::kTooOld;
  return state.words[word_of(sequence)].load(kRelaxed) & bit_of(sequence) ? Drop::kReplayed : Drop::kNone;
}

Drop update_window(WindowState& state, uint64_t sequence) {
  if (Drop reason = check_window(state, sequence); reason != Drop::kNone) return reason;
  const uint64_t top = state.top.load(kRelaxed);
  if (sequence > top) {
    // The top first: words that still hold old numbers then refuse some of the new. The other way round, numbers whose
    // words are cleared already would be taken twice.
    state.top.store(sequence, kRelaxed);
    order_stores();
    const uint64_t first = top / WindowState::kWordBits + 1, last = sequence / WindowState::kWordBits;
    const uint64_t count = std::min(last + 1 - first, WindowState::kWords);
    for (uint64_t i = 0; i < count; ++i) state.words[(last - i) % WindowState::kWords].store(0, kRelaxed);
    order_stores();
  }
  auto& word = state.words[word_of(sequence)];
  word.store(word.load(kRelaxed) | bit_of(sequence), kRelaxed);
  order_stores();
  return Drop::kNone;
}

}  // namespace skein::esp
