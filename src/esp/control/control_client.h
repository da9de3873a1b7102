// The daemon's end of the worker's socket, blocking with a time limit: for tests and tools.
#pragma once

#include <sys/un.h>

#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "base/result.h"
#include "base/time/duration.h"
#include "esp/control/control.h"

namespace skein::esp {

Result<sockaddr_un> unix_address(const std::string& path);

// All bytes, or an error.
Result<void> send_all(int socket, std::string_view bytes);

class ControlClient {
 public:
  // `limit` is for each wait of the calls below.
  static Result<ControlClient> connect(const std::string& path, Duration limit);
  Result<void> apply(const Config& config);
  Result<Status> status();

 private:
  explicit ControlClient(Descriptor socket) : socket_(std::move(socket)) {}
  Result<std::string> ask(std::string request);

  Descriptor socket_;
  MessageReader reader_;
};

}  // namespace skein::esp
