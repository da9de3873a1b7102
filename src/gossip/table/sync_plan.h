// Which peers a bulk sync is owed to, and when. A debt may begin with a push/pull, so that both sides know each other's
// networks first. Many reasons for one peer are one debt.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time/clock.h"

namespace skein::gossip {

class SyncPlan {
 public:
  // A sync costs both sides a connection and all entries. So many are begun at once, and the next after the pause: 320
  // a second, enough to return to a cluster of 100 at once and little enough not to be felt there.
  static constexpr size_t kBatch = 16;
  static constexpr Duration kPause = std::chrono::milliseconds(50);
  static constexpr int kAttemptsMax = 4;  // of one debt; after them the periodic sync has to do

  struct Debt {
    std::string peer;
    TimePoint due;
    bool with_push_pull = false;
    int attempts = 0;
  };

  void owe(Debt debt) {
    SKEIN_ASSERT(!debt.peer.empty());
    if (debt.attempts >= kAttemptsMax) return;
    auto [it, is_new] = debts_.try_emplace(debt.peer, debt);
    if (is_new) return;
    it->second.due = std::min(it->second.due, debt.due);
    it->second.with_push_pull |= debt.with_push_pull;
  }
  void forget(const std::string& peer) { debts_.erase(peer); }
  // A bulk sync has happened anyway.
  void forget_plain(const std::string& peer) {
    if (auto it = debts_.find(peer); it != debts_.end() && !it->second.with_push_pull) debts_.erase(it);
  }

  std::vector<Debt> take_due(TimePoint now) {
    std::vector<Debt> due;
    if (now < pause_until_) return due;
    for (auto it = debts_.begin(); it != debts_.end() && due.size() < kBatch;) {
      if (it->second.due > now) {
        ++it;
        continue;
      }
      due.push_back(it->second);
      it = debts_.erase(it);
    }
    SKEIN_ASSERT(due.size() <= kBatch);
    if (due.size() == kBatch) pause_until_ = now + kPause;
    return due;
  }
  TimePoint next_due() const {
    TimePoint next = TimePoint::never();
    for (const auto& [peer, debt] : debts_) next = std::min(next, debt.due);
    return debts_.empty() ? next : std::max(next, pause_until_);
  }

 private:
  std::map<std::string, Debt> debts_;  // by peer
  TimePoint pause_until_;
};

}  // namespace skein::gossip
