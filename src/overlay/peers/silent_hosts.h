// Which of the hosts whose daemons have fallen silent are gone themselves. A kernel that is there answers, or refuses,
// a connection, whatever has become of its daemon; and the containers of such a host may live. One that answers nothing
// for a while is dead, or cut off for longer than connections to its containers should hang. Pure.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "base/address.h"
#include "base/time/clock.h"

namespace skein::overlay {

class SilentHosts {
 public:
  static constexpr Duration kAskPause = std::chrono::seconds(10);
  // Counted from the first question without an answer. A cable may be moved in less.
  static constexpr Duration kDeathPatience = std::chrono::seconds(60);

  // The silent hosts as they are now; all others are forgotten. Returns those to be asked.
  std::vector<Ipv4> take_due(const std::set<Ipv4>& silent, TimePoint now);
  // What came of a question.
  void told(Ipv4 host, bool has_answered, TimePoint now);

  std::set<Ipv4> dead(TimePoint now) const;
  // When somebody is to be asked; dead() changes with what comes of that.
  TimePoint next_deadline() const;

 private:
  struct Asked {
    TimePoint next;  // question; never() while one is open
    TimePoint unanswered_since = TimePoint::never();
  };
  std::map<Ipv4, Asked> asked_;
};

}  // namespace skein::overlay
