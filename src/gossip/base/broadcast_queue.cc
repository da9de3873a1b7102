#include "gossip/base/broadcast_queue.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/result.h"

namespace skein::gossip {
namespace {

// A packet that is nearly full is not worth looking through a long queue for something small.
constexpr size_t kMisfitsMax = 32;

}  // namespace

bool BroadcastQueue::Rank::operator<(const Rank& other) const {
  return std::tuple(sends, other.bytes, other.number) < std::tuple(other.sends, bytes, number);
}

void BroadcastQueue::put(const std::string& subject, std::string bytes) {
  erase(subject);
  Rank rank{0, bytes.size(), next_number_++};
  auto known = by_subject_.emplace(subject, rank).first;
  order_.emplace(rank, Item{&*known, std::move(bytes)});
  if (order_.size() > messages_max_) erase(std::string(order_.rbegin()->second.subject->first));
  SKEIN_ASSERT(order_.size() == by_subject_.size() && order_.size() <= messages_max_);
}

void BroadcastQueue::erase(const std::string& subject) {
  auto known = by_subject_.find(subject);
  if (known == by_subject_.end()) return;
  const size_t erased = order_.erase(known->second);
  SKEIN_ASSERT(erased == 1);
  by_subject_.erase(known);
}

std::vector<std::string> BroadcastQueue::take(size_t bytes_max, size_t overhead_each, int sends_max, int sends_below) {
  SKEIN_ASSERT(sends_max > 0);
  std::vector<Rank> chosen;
  size_t bytes = 0, misfits = 0;
  for (const auto& [rank, item] : order_) {
    if (rank.sends >= sends_below) break;
    if (bytes + rank.bytes + overhead_each <= bytes_max) {
      bytes += rank.bytes + overhead_each;
      chosen.push_back(rank);
    } else if (++misfits > kMisfitsMax) {
      break;
    }
  }
  std::vector<std::string> out;
  for (Rank rank : chosen) {
    auto node = order_.extract(rank);
    SKEIN_ASSERT(!node.empty());
    out.push_back(node.mapped().bytes);
    if (++rank.sends >= sends_max) {
      by_subject_.erase(by_subject_.find(node.mapped().subject->first));
      continue;
    }
    node.mapped().subject->second = rank;
    node.key() = rank;
    order_.insert(std::move(node));
  }
  SKEIN_ASSERT(order_.size() == by_subject_.size());
  return out;
}

int rounds_to_reach_all(size_t targets, size_t nodes) {
  constexpr double kMissed = 12;  // e^-12
  const double told = std::log(static_cast<double>(std::max<size_t>(nodes, 1))) + kMissed;
  return static_cast<int>(std::ceil(told / static_cast<double>(std::max<size_t>(targets, 1))));
}

int retransmit_limit(int multiplier, size_t nodes) {
  return multiplier * std::max(2, static_cast<int>(std::ceil(std::log10(static_cast<double>(nodes) + 1))));
}

}  // namespace skein::gossip
