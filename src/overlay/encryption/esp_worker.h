// The encryptor of a host whose kernel has no ESP: the process skein-espd, found by its socket. It outlives the daemon
// that started it, and the next one goes on with it. On the loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>

#include "io/loop/task_scope.h"
#include "io/loop/timer.h"
#include "overlay/encryption/encryptor.h"

namespace skein::overlay {

class EspWorker final : public Encryptor {
 public:
  // esp.sock, esp.state and esp.log are in `run_directory`, which is on a tmpfs. `program`: path of skein-espd.
  EspWorker(boost::asio::io_context& loop, std::string run_directory, std::string program, EncryptorLost on_lost);
  ~EspWorker() override;

  boost::asio::awaitable<Result<uint64_t>> start() override;
  boost::asio::awaitable<Result<void>> configure(esp::Config config) override;
  boost::asio::awaitable<Result<esp::Status>> status() override;
  void stop() override;

 private:
  struct Channel;
  // The socket and the process belong together, and go together.
  struct Life;

  boost::asio::awaitable<Result<void>> connect();
  // Questions on one channel do not overlap.
  boost::asio::awaitable<Result<std::string>> ask(std::shared_ptr<Channel> channel, std::string request);
  Result<void> spawn();
  Result<void> follow_process();
  void end_life();
  boost::asio::awaitable<void> wait_for_end();

  boost::asio::io_context& loop_;
  std::string run_directory_, program_;
  EncryptorLost on_lost_;
  std::shared_ptr<Life> life_;
  std::shared_ptr<Life> ending_;  // stopped, and maybe not gone yet
  uint64_t epoch_ = 0;
  int child_ = 0;  // its pid, if it is ours
};

// Ends the process that an earlier daemon started there; nothing happens where there is none.
void end_esp_worker(const std::string& run_directory);

// Beside the program that runs.
std::string espd_path();

}  // namespace skein::overlay
