// Runs the control passes: looks at what control_agenda.h has collected, once per turn of the loop, and again when a
// pass asked for it. On the loop's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "base/clock.h"
#include "io/timer.h"
#include "manager/control_agenda.h"

namespace skein::manager {

class ControlLoops {
 public:
  ControlLoops(boost::asio::any_io_executor executor, store::Store& store, Clock& clock, Random& random);
  ~ControlLoops();

  void start();

 private:
  void look_soon();
  boost::asio::awaitable<void> look();
  void arm();

  boost::asio::any_io_executor executor_;
  store::Store& store_;
  Clock& clock_;
  Random& random_;
  store::Store::Watch watch_;
  ControlAgenda agenda_;
  bool is_looking_ = false;
  io::Timer timer_;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace skein::manager
