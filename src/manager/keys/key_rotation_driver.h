// Carries out key_rotation.h on the running manager: when the keys are due, and when the cluster object changes. Nodes
// hear of the next keys by their sessions (session_news.h). On the loop's thread; what runs belongs to the scope, which
// is closed before this is destroyed.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "io/loop/task_scope.h"
#include "manager/keys/key_rotation.h"

namespace skein::manager {

class KeyRotationDriver {
 public:
  // All references must outlive it.
  KeyRotationDriver(io::TaskScope& tasks, store::Store& store, Clock& clock, Random& random, Duration period);

  void start();

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> step();
  TimePoint next_look();

  io::TaskScope& tasks_;
  store::Store& store_;
  Clock& clock_;
  Random& random_;
  KeySchedule schedule_;
  io::Timer timer_;
  store::Store::Watch watch_;
  TimePoint not_before_{0};  // after a failure of the store
};

}  // namespace skein::manager
