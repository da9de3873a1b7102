// Which table events were dealt with lately: each arrives some fifteen times, byte by byte the same, and only once it
// is news. Remembers hashes, at most kSlots of them; whoever forgets an entry clears it all.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace skein::gossip {

class SeenEvents {
 public:
  static constexpr size_t kSlots = 8192;  // events of as many hosts' containers that start at once

  bool contains(std::string_view bytes) const {
    const uint64_t mark = mark_of(bytes);
    return !slots_.empty() && slots_[mark % kSlots] == mark;
  }
  void add(std::string_view bytes) {
    if (slots_.empty()) slots_.resize(kSlots);
    const uint64_t mark = mark_of(bytes);
    slots_[mark % kSlots] = mark;
  }
  void clear() { slots_.clear(); }

 private:
  static uint64_t mark_of(std::string_view bytes) {
    const uint64_t mark = std::hash<std::string_view>{}(bytes);
    return mark == 0 ? 1 : mark;  // 0 is an empty slot
  }

  std::vector<uint64_t> slots_;
};

}  // namespace skein::gossip
