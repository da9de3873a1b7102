// Learns of a container's end from the file that its monitor writes, within a millisecond; Podman's event of the same
// end comes after its cleaning up, and its event stream looks at its log four times a second only. Loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/engine.h"
#include "io/loop/task_scope.h"

namespace skein::engine {

class ExitWatch {
 public:
  using Told = std::function<void(const ContainerExit&)>;
  ExitWatch(io::TaskScope& tasks, std::string folder, Told told);

  // Makes the folder if it is not there. Called once; what ended before is not told, nor what ends when `tasks` is
  // being closed.
  Result<void> start();

 private:
  boost::asio::awaitable<void> follow();
  void tell_all(std::string_view events);

  io::TaskScope& tasks_;
  std::string folder_;
  Told told_;
  boost::asio::posix::stream_descriptor inotify_;
};

// None unless the name is a container's id and the content a number. Pure.
std::optional<ContainerExit> parse_exit(std::string_view name, std::string_view content);

}  // namespace skein::engine
