#include "manager/dispatcher/liveness.h"

#include <algorithm>

namespace skein::manager {

void Liveness::expect(const std::string& node_id, TimePoint now) {
  SKEIN_ASSERT(period_ > Duration::zero());
  nodes_[node_id].deadline = now + period_ * kGracePeriods * 2;
}

Result<std::string> Liveness::enter(const std::string& node_id, const std::string& offered_session, Random& random,
                                    TimePoint now) {
  Entry& entry = nodes_[node_id];
  // A session taken up again is no registration: nodes do so whenever their certificate or root changes.
  if (!entry.session.empty() && entry.session == offered_session) {
    entry.deadline = now + period_ * kGracePeriods;
    return entry.session;
  }
  while (!entry.registrations.empty() && now - entry.registrations.front() > kRegistrationWindow)
    entry.registrations.pop_front();
  if (entry.registrations.size() >= kRegistrationsMax)
    return make_error(Code::kUnavailable, "node " + node_id + " exceeded rate limit count of registrations");
  entry.registrations.push_back(now);
  SKEIN_ASSERT(entry.registrations.size() <= kRegistrationsMax);
  entry.session = random.object_id();
  entry.deadline = now + period_ * kGracePeriods;
  return entry.session;
}

Result<void> Liveness::check(const std::string& node_id, const std::string& session) const {
  auto found = nodes_.find(node_id);
  if (found == nodes_.end()) return make_error(Code::kNotFound, "node not registered");
  if (found->second.session.empty() || found->second.session != session)
    return make_error(Code::kInvalidArgument, "session invalid");
  return {};
}

Result<Duration> Liveness::beat(const std::string& node_id, const std::string& session, Random& random, TimePoint now) {
  SKEIN_TRY(check(node_id, session));
  auto jitter = static_cast<int64_t>((random.unit() - 0.5) * 0.2 * static_cast<double>(period_.count()));
  Duration period = period_ + Duration(jitter);
  SKEIN_ASSERT(period > Duration::zero() && nodes_.contains(node_id));
  nodes_[node_id].deadline = now + period * kGracePeriods;
  return period;
}

// Who was away for a whole period may also have lost connections, which nodes need time to make again.
void Liveness::forgive(Duration lateness, TimePoint now) {
  SKEIN_ASSERT(lateness > Duration::zero());
  for (auto& [id, entry] : nodes_) {
    entry.deadline = entry.deadline + lateness;
    if (lateness >= period_) entry.deadline = std::max(entry.deadline, now + period_ * kGracePeriods);
  }
}

std::vector<std::string> Liveness::expire(TimePoint now) {
  if (looked_ != TimePoint::never() && now - looked_ > kLookPeriod + kLatenessMin)
    forgive(now - looked_ - kLookPeriod, now);
  SKEIN_ASSERT(looked_ == TimePoint::never() || looked_ <= now);
  looked_ = now;
  std::vector<std::string> out;
  std::erase_if(nodes_, [&](const auto& entry) {
    bool is_over = entry.second.deadline <= now;
    if (is_over) out.push_back(entry.first);
    return is_over;
  });
  return out;
}

TimePoint Liveness::next_deadline() const {
  TimePoint out = TimePoint::never();
  for (const auto& [id, entry] : nodes_) out = std::min(out, entry.deadline);
  return out;
}

}  // namespace skein::manager
