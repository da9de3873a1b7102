#include "gossip/members/suspicion.h"

#include <algorithm>
#include <cmath>

#include "base/result.h"

namespace skein::gossip {

Suspicion::Suspicion(const std::string& first_accuser, size_t nodes, const GossipTimings& timings, TimePoint now)
    : start_(now) {
  double scale = std::max(1.0, std::log10(static_cast<double>(std::max<size_t>(nodes, 1))));
  double base_ns = static_cast<double>(timings.probe_interval.count()) * timings.suspicion_multiplier * scale;
  min_ = Duration(static_cast<int64_t>(base_ns));
  max_ = min_ * timings.suspicion_max_multiplier;
  confirmations_needed_ = static_cast<size_t>(std::max(0, timings.suspicion_multiplier - 2));
  if (nodes < confirmations_needed_ + 2) confirmations_needed_ = 0;  // not enough others to confirm
  accusers_.insert(first_accuser);
  SKEIN_ASSERT(min_ <= max_);
}

bool Suspicion::confirm(const std::string& accuser) {
  return accusers_.size() <= confirmations_needed_ && accusers_.insert(accuser).second;
}

TimePoint Suspicion::deadline() const {
  if (confirmations_needed_ == 0) return start_ + min_;
  SKEIN_ASSERT(!accusers_.empty() && accusers_.size() <= confirmations_needed_ + 1);
  double share = std::log(static_cast<double>(accusers_.size())) / std::log(confirmations_needed_ + 1.0);
  double span_ns = static_cast<double>((max_ - min_).count());
  return start_ + std::max(min_, max_ - Duration(static_cast<int64_t>(share * span_ns)));
}

}  // namespace skein::gossip
