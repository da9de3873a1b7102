// Runs one command again and again inside a container: its healthcheck, or its readiness. Loop's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "base/time/clock.h"
#include "engine/engine.h"

namespace skein::containers {

class ContainerProbe {
 public:
  ContainerProbe(boost::asio::any_io_executor executor, engine::Engine& engine, std::string container_id,
                 std::vector<std::string> command, Duration timeout);

  struct End {
    int exit_code = 0;  // -1: it had not ended after the timeout, as the output tells in Docker's words
    std::string output;
  };
  // A command that hangs is killed, and not started a second time as long as it is there all the same: that is -1, too.
  // kUnavailable: the engine is away, other errors: it cannot be run. One call at a time.
  boost::asio::awaitable<Result<End>> run();

 private:
  boost::asio::awaitable<Result<std::string>> create();
  // What it wrote until it ended; `is_late`: it has not.
  struct Written {
    std::string output;
    bool is_late = false;
  };
  boost::asio::awaitable<Result<Written>> start_and_wait(std::string exec_id);
  End late(const std::string& output) const;

  boost::asio::any_io_executor executor_;
  engine::Engine& engine_;
  std::string container_id_;
  std::vector<std::string> command_;
  Duration timeout_;
  std::string hanging_;  // exec that had not ended at its deadline, and may not have been killed
};

}  // namespace skein::containers
