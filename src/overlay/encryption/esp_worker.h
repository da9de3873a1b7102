// The encryptor of a host whose kernel has no ESP: the process skein-espd, a child (io/child/child.h) that outlives the
// daemon that started it, and the next one goes on with it. On the loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "io/child/child.h"
#include "overlay/encryption/encryptor.h"

namespace skein::overlay {

class EspWorker final : public Encryptor {
 public:
  // esp.sock, esp.state and esp.log are in `run_directory`, which is on a tmpfs. `program`: path of skein-espd.
  EspWorker(boost::asio::io_context& loop, const std::string& run_directory, const std::string& program,
            EncryptorLost on_lost);

  boost::asio::awaitable<Result<uint64_t>> start() override;
  boost::asio::awaitable<Result<void>> configure(esp::Config config) override;
  boost::asio::awaitable<Result<esp::Status>> status() override;
  void stop() override;

 private:
  struct Channel;

  boost::asio::awaitable<Result<std::shared_ptr<Channel>>> connect();
  // Connects anew, and hears the epoch.
  boost::asio::awaitable<bool> answers();
  // Questions on one channel do not overlap.
  boost::asio::awaitable<Result<std::string>> ask(std::shared_ptr<Channel> channel, std::string request);

  boost::asio::io_context& loop_;
  std::string socket_path_;
  EncryptorLost on_lost_;
  std::shared_ptr<Channel> channel_;  // none: it is to be asked first whether it answers
  uint64_t epoch_ = 0;
  io::Child child_;
};

// Ends the process that an earlier daemon started there; nothing happens where there is none.
void end_esp_worker(const std::string& run_directory);

// Beside the program that runs.
std::string espd_path();

}  // namespace skein::overlay
