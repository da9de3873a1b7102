// Which nodes have a session and when each must be heard of next. Pure: clock and randomness are arguments.
//
// Heartbeat period 5 s ± 0.5 s, grace three periods; a node that does not beat within its grace is down. After a
// restart of the manager all nodes get a double grace to find it again. A manager that was late itself (a busy machine,
// a stalled disk) cannot tell who was silent meanwhile: that time counts for nobody.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/time/clock.h"

namespace skein::manager {

class Liveness {
 public:
  static constexpr int kGracePeriods = 3;
  static constexpr size_t kRegistrationsMax = 3;  // per node within kRegistrationWindow
  static constexpr Duration kRegistrationWindow = std::chrono::seconds(8);

  static constexpr Duration kLookPeriod = std::chrono::milliseconds(500);
  static constexpr Duration kLatenessMin = std::chrono::milliseconds(500);  // what a loop with work may take

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

  // Nodes whose grace ended by `now`; they are forgotten. To be called every kLookPeriod; later calls tell how long the
  // manager was away.
  std::vector<std::string> expire(TimePoint now);
  void forget(const std::string& node_id) { nodes_.erase(node_id); }
  // Registered, or still expected.
  bool knows(const std::string& node_id) const { return nodes_.contains(node_id); }
  TimePoint next_deadline() const;

 private:
  struct Entry {
    std::string session;  // empty while only expected
    TimePoint deadline;
    std::deque<TimePoint> registrations;
  };
  void forgive(Duration lateness, TimePoint now);

  Duration period_;
  std::map<std::string, Entry> nodes_;
  TimePoint looked_ = TimePoint::never();  // when expire() was called last
};

}  // namespace skein::manager
