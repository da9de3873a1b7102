// Runs the control passes: looks at what control_agenda.h has collected, once per turn of the loop, and again when a
// pass asked for it. On the loop's thread; what runs belongs to the scope, which is closed before this is destroyed.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "io/loop/task_scope.h"
#include "manager/loops/control_agenda.h"

namespace skein::manager {

class ControlLoops {
 public:
  // All references must outlive it.
  ControlLoops(io::TaskScope& tasks, store::Store& store, Random& random);

  void start();

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> pass();
  boost::asio::awaitable<void> wait_for_work();

  io::TaskScope& tasks_;
  store::Store& store_;
  Random& random_;
  store::Store::Watch watch_;
  ControlAgenda agenda_;
  io::Timer work_came_;  // cancelled when there is work; expires when the agenda has some of itself
};

}  // namespace skein::manager
