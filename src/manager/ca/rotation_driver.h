// Carries out root_rotation.h on the running manager: at every change of the store, and every few seconds for the next
// batch of nodes. On the loop's thread; what runs belongs to the scope, which is closed before this is destroyed.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/random.h"
#include "base/time/clock.h"
#include "io/loop/task_scope.h"
#include "store/store.h"

namespace skein::manager {

class RotationDriver {
 public:
  // All references must outlive it.
  RotationDriver(io::TaskScope& tasks, store::Store& store, Clock& clock, Random& random);

  // Takes up a rotation that an earlier life of this manager left open, too.
  void start();

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<bool> step();

  io::TaskScope& tasks_;
  store::Store& store_;
  Clock& clock_;
  Random& random_;
  io::Timer timer_;
  store::Store::Watch watch_;
  bool has_changed_ = true;
  TimePoint next_batch_{0};
};

}  // namespace skein::manager
