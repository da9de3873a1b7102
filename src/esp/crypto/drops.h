// Why packets end in the worker. Each one that goes neither out nor in is counted under one reason.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/metrics.h"

namespace skein::esp {

enum class Drop : uint8_t { kNone, SKEIN_ESP_DROPS(SKEIN_METRIC_ENUMERATOR) kCount };

// As it is registered; of kNone and kCount there is none.
constexpr const Metric& metric_of(Drop reason) { return kEspDropMetrics[static_cast<size_t>(reason) - 1]; }

// Of one thread: written by it alone, read by any.
class DropCounts {
 public:
  void add(Drop reason, uint64_t packets = 1) {
    auto& count = counts_[static_cast<size_t>(reason)];
    count.store(count.load(std::memory_order_relaxed) + packets, std::memory_order_relaxed);
  }
  uint64_t of(Drop reason) const { return counts_[static_cast<size_t>(reason)].load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<uint64_t>, static_cast<size_t>(Drop::kCount)> counts_{};
};

}  // namespace skein::esp
