// Keeps `podman system service` running: adopts a living one, starts one otherwise, restarts it when it dies.
//
// The service is no part of our life: it stays when skeind stops or is killed, and the next skeind adopts it by its
// socket (unless the configuration has changed since; then it is replaced, which touches no container). Loop's thread.
#pragma once

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>

#include "base/result.h"
#include "engine/podman/config.h"
#include "io/loop/task_scope.h"
#include "io/loop/timer.h"

namespace skein::engine {

class PodmanService {
 public:
  PodmanService(boost::asio::io_context& loop, io::TaskScope& tasks, PodmanOptions options);

  // Returns when the service answers for the first time, or why it does not. Afterwards it is watched, in `tasks`.
  // Called once.
  boost::asio::awaitable<Result<void>> start();

  bool is_up() const { return is_up_; }
  pid_t pid() const { return pid_; }
  // Called each time that the service answers (again).
  void on_up(std::function<void()> callback) { on_up_ = std::move(callback); }

 private:
  boost::asio::awaitable<void> watch();
  boost::asio::awaitable<Result<void>> bring_up();
  boost::asio::awaitable<bool> answers();
  Result<bool> write_config();  // true: something has changed
  Result<void> spawn();
  Result<void> open_pidfd(pid_t pid);

  boost::asio::io_context& loop_;
  io::TaskScope& tasks_;
  PodmanOptions options_;
  std::function<void()> on_up_;
  boost::asio::posix::stream_descriptor pidfd_;
  io::Timer timer_;
  bool is_up_ = false;
  pid_t pid_ = -1;
};

}  // namespace skein::engine
