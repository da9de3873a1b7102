// Where the runtime hands over the terminal that it has made in a container (the OCI runtimes' --console-socket).
#pragma once

#include <string>
#include <utility>

#include "base/descriptor.h"
#include "base/result.h"

namespace skein::engine {

class ConsoleSocket {
 public:
  // Listens at `path`, which goes with it.
  static Result<ConsoleSocket> listen(std::string path);
  ConsoleSocket() = default;
  ConsoleSocket(ConsoleSocket&&) noexcept = default;
  ConsoleSocket& operator=(ConsoleSocket&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(listener_, other.listener_);
    return *this;
  }
  ~ConsoleSocket();

  // The terminal's master side, non-blocking, once the runtime has sent it; nothing before.
  Descriptor take() const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  Descriptor listener_;
};

}  // namespace skein::engine
