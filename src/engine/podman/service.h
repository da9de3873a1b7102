// Keeps `podman system service` running, as a child (io/child/child.h) that outlives skeind: the next skeind adopts it,
// unless the configuration has changed since. Then it is replaced, which touches no container. Loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>

#include "base/result.h"
#include "engine/podman/config.h"
#include "io/child/child.h"
#include "io/loop/task_scope.h"

namespace skein::engine {

class PodmanService {
 public:
  // It is brought back in `tasks`.
  PodmanService(io::TaskScope& tasks, PodmanOptions options);

  // Returns when the service answers for the first time, or why it does not. Called once.
  boost::asio::awaitable<Result<void>> start() { return child_.bring_up(); }

  bool is_up() const { return child_.is_up(); }
  pid_t pid() const { return child_.pid(); }
  // Called each time that the service answers (again).
  void on_up(std::function<void()> callback) { on_up_ = std::move(callback); }

 private:
  io::ChildHooks hooks();
  boost::asio::awaitable<bool> answers();
  Result<bool> write_config();  // true: something has changed

  io::TaskScope& tasks_;
  PodmanOptions options_;
  std::function<void()> on_up_ = [] {};
  io::Child child_;
};

}  // namespace skein::engine
