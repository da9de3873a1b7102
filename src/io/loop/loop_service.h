// What an Asio context knows of its loop, and of who waits on it. For io/loop/loop, io/loop/timer and
// io/loop/virtual_loop only.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <memory>

#include "io/loop/wait.h"

namespace skein::io {

class LoopService final : public boost::asio::execution_context::service {
 public:
  using key_type = LoopService;
  static inline boost::asio::execution_context::id id;

  // Of real time.
  explicit LoopService(boost::asio::execution_context& context);
  // Of another time; `loop` outlives the context's coroutines.
  LoopService(boost::asio::execution_context& context, Loop& loop);
  ~LoopService() override;

  Loop& loop() { return *loop_; }
  // Takes over a wait of a timer. False, and the wait is over, when the context is going.
  bool begin(Wait& wait);

 private:
  void shutdown() override;

  std::unique_ptr<Loop> own_;
  Loop* loop_;
  WaitList waits_;  // of all timers of the context
  bool is_shut_down_ = false;
};

}  // namespace skein::io
