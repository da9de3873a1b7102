// Which nodes have a session and when each must be heard of next. Pure: clock and randomness are arguments.
//
// Heartbeat period 5 s ± 0.5 s, grace three periods; a node that does not beat within its grace is down. After a
// restart of the manager all nodes get a double grace to find it again.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace skein::manager {

class Liveness {
 public:
  static constexpr int kGracePeriods = 3;
  static constexpr size_t kRegistrationsMax = 3;  // per node within kRegistrationWindow
  static constexpr Duration kRegistrationWindow = std::chrono::seconds(8);

  explicit Liveness(Duration period) : period_(period) {}

  // A node of the store that had a session before this manager started.
  void expect(const std::string& node_id, TimePoint now);

  // A new session, or the one the node offers if it is still known: its id. kUnavailable when a node asks for new ones
  // too often.
  Result<std::string> enter(const std::string& node_id, const std::string& offered_session, Random& random,
                            TimePoint now);

  // The session's next heartbeat is due after the returned period. kNotFound: unknown node; kInvalidArgument: another
  // session.
  Result<Duration> beat(const std::string& node_id, const std::string& session, Random& random, TimePoint now);
  Result<void> check(const std::string& node_id, const std::string& session) const;

  // The node's connection ended: it keeps its session until the grace is over.
  // Nodes whose grace ended by `now`; they are forgotten.
  std::vector<std::string> expire(TimePoint now);
  void forget(const std::string& node_id) { nodes_.erase(node_id); }
  TimePoint next_deadline() const;

 private:
  struct Entry {
    std::string session;  // empty while only expected
    TimePoint deadline;
    std::deque<TimePoint> registrations;
  };
  Duration period_;
  std::map<std::string, Entry> nodes_;
};

}  // namespace skein::manager
