// Runs one command again and again inside a container: its healthcheck, or its readiness. Loop's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/engine.h"

namespace skein::agent {

class ContainerProbe {
 public:
  ContainerProbe(boost::asio::any_io_executor executor, engine::Engine& engine, std::string container_id,
                 std::vector<std::string> command, Duration timeout);

  // The exit code; kDeadlineExceeded after the timeout. A command that hangs is not started a second time while it
  // does, which is kDeadlineExceeded too. One call at a time.
  boost::asio::awaitable<Result<int>> run();

 private:
  boost::asio::awaitable<Result<std::string>> create();
  boost::asio::awaitable<Result<void>> start_and_wait(std::string exec_id);
  boost::asio::awaitable<Result<nlohmann::json>> inspect(std::string exec_id);

  boost::asio::any_io_executor executor_;
  engine::Engine& engine_;
  std::string container_id_;
  std::vector<std::string> command_;
  Duration timeout_;
  std::string hanging_;  // exec that had not ended at its deadline
};

}  // namespace skein::agent
