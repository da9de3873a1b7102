// Tells when something is written into one of many folders. One descriptor for all of them. Loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/loop/task_scope.h"
#include "io/loop/timer.h"

namespace skein::engine {

class LogWatch {
 public:
  using Told = std::function<void()>;
  explicit LogWatch(io::TaskScope& tasks);

  // Once. It ends with `tasks`.
  Result<void> start();

  // `told` is called after writes, as often as once in a few milliseconds for all that were done meanwhile, until what
  // is returned is destroyed; that may be after the watch. A folder that is gone is told no more.
  class Watching;
  std::shared_ptr<Watching> watch(const std::string& folder, Told told);

 private:
  struct Folders;
  boost::asio::awaitable<void> follow();
  void tell(std::string_view events);

  io::TaskScope& tasks_;
  std::shared_ptr<Folders> folders_;
  boost::asio::posix::stream_descriptor inotify_;
  io::Timer pause_;
};

}  // namespace skein::engine
