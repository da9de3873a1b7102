// Carries out key_rotation.h on the running manager: when the keys are due, and when the cluster object changes. Nodes
// hear of the next keys by their sessions (session_news.h). On the loop's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "io/timer.h"
#include "manager/key_rotation.h"

namespace skein::manager {

class KeyRotationDriver {
 public:
  // All references must outlive it.
  KeyRotationDriver(const boost::asio::any_io_executor& executor, store::Store& store, Clock& clock, Random& random,
                    Duration period);
  ~KeyRotationDriver();

  void start();

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> step();
  TimePoint next_look();

  store::Store& store_;
  Clock& clock_;
  Random& random_;
  KeySchedule schedule_;
  io::Timer timer_;
  store::Store::Watch watch_;
  TimePoint not_before_{0};  // after a failure of the store
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace skein::manager
