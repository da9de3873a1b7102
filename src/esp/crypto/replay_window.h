// Protection against replay: which of the last 4096 sequence numbers of an SA have come (RFC 4303 section 3.4.3), and
// the number's high half, which is not sent (appendix A2). Pure.
//
// The state lies in memory that outlives the process (state_file.h), so its stores are ordered such that a process
// killed between any two of them leaves a window that accepts nothing twice; it may refuse some that never came.
// One thread at a time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "esp/crypto/drops.h"

namespace skein::esp {

// All zero for an SA of which nothing has come.
struct WindowState {
  static constexpr uint64_t kNumbers = 4096;
  static constexpr uint64_t kWordBits = 64;
  // One more than the window is wide, so that a word is taken for new numbers only when all of its old ones are out
  // (RFC 6479).
  static constexpr uint64_t kWords = kNumbers / kWordBits + 1;
  std::atomic<uint64_t> top{0};  // the highest that came
  std::array<std::atomic<uint64_t>, kWords> words{};
};

// The 64-bit number whose low half came, given the highest of before: the one that lies in the window, else the next
// above it. Nothing if that would be below zero.
std::optional<uint64_t> infer_sequence(uint64_t top, uint32_t low);

// kNone if the number may still come: to be asked before a packet is opened.
Drop check_window(const WindowState& state, uint64_t sequence);

// Marks it as come. As check_window, again, since another thread may have been between; to be called once the packet's
// check value was found right, and never before.
Drop update_window(WindowState& state, uint64_t sequence);

}  // namespace skein::esp
