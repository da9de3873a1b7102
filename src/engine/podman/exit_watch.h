// Learns of a container's end from the file that its monitor writes, within a millisecond; Podman's event of the same
// end comes after its cleaning up, and its event stream looks at its log four times a second only. Loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/engine.h"

namespace skein::engine {

class ExitWatch {
 public:
  using Told = std::function<void(const ContainerExit&)>;
  ExitWatch(boost::asio::io_context& loop, std::string folder, Told told);
  ~ExitWatch() { stop(); }

  // Makes the folder if it is not there. Called once; what ended before is not told.
  Result<void> start();
  void stop();

 private:
  boost::asio::awaitable<void> follow();
  void tell_all(std::string_view events);

  std::string folder_;
  Told told_;
  boost::asio::posix::stream_descriptor inotify_;
  std::shared_ptr<bool> is_stopped_ = std::make_shared<bool>(false);
};

// None unless the name is a container's id and the content a number. Pure.
std::optional<ContainerExit> parse_exit(std::string_view name, std::string_view content);

}  // namespace skein::engine
