// Carries out root_rotation.h on the running manager: at every change of the store, and every few seconds for the next
// batch of nodes. On the loop's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "io/timer.h"
#include "store/store.h"

namespace skein::manager {

class RotationDriver {
 public:
  // All references must outlive it.
  RotationDriver(const boost::asio::any_io_executor& executor, store::Store& store, Clock& clock, Random& random);
  ~RotationDriver();

  // Takes up a rotation that an earlier life of this manager left open, too.
  void start();

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<bool> step();

  store::Store& store_;
  Clock& clock_;
  Random& random_;
  io::Timer timer_;
  store::Store::Watch watch_;
  bool has_changed_ = true;
  TimePoint next_batch_{0};
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace skein::manager
