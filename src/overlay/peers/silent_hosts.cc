#include "overlay/peers/silent_hosts.h"

#include <algorithm>

#include "base/result.h"

namespace skein::overlay {

std::vector<Ipv4> SilentHosts::take_due(const std::set<Ipv4>& silent, TimePoint now) {
  std::erase_if(asked_, [&](const auto& pair) { return !silent.contains(pair.first); });
  std::vector<Ipv4> due;
  for (Ipv4 host : silent) {
    Asked& asked = asked_[host];
    if (now < asked.next) continue;
    asked.next = TimePoint::never();
    due.push_back(host);
  }
  SKEIN_ASSERT(asked_.size() == silent.size());
  return due;
}

void SilentHosts::told(Ipv4 host, bool has_answered, TimePoint now) {
  auto found = asked_.find(host);
  if (found == asked_.end()) return;
  Asked& asked = found->second;
  asked.next = now + kAskPause;
  if (has_answered)
    asked.unanswered_since = TimePoint::never();
  else if (asked.unanswered_since == TimePoint::never())
    asked.unanswered_since = now;
}

std::set<Ipv4> SilentHosts::dead(TimePoint now) const {
  std::set<Ipv4> out;
  for (const auto& [host, asked] : asked_)
    if (asked.unanswered_since != TimePoint::never() && now - asked.unanswered_since >= kDeathPatience)
      out.insert(host);
  return out;
}

TimePoint SilentHosts::next_deadline() const {
  TimePoint out = TimePoint::never();
  for (const auto& [host, asked] : asked_) out = std::min(out, asked.next);
  return out;
}

}  // namespace skein::overlay
