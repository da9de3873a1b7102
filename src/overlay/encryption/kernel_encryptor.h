// The encryptor of a host whose kernel has ESP: its XFRM. It goes on whoever ends. On the loop's thread.
//
// The epoch lies in a file on a tmpfs, and lasts as long as the kernel's outbound states: where one of them was taken
// away, its sequence numbers are lost, and with another epoch the next ones begin anew without harm.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>

#include "base/random.h"
#include "base/time/clock.h"
#include "kernel/xfrm/watch.h"
#include "kernel/xfrm/xfrm.h"
#include "overlay/encryption/encryptor.h"

namespace skein::overlay {

class KernelEncryptor final : public Encryptor {
 public:
  // esp.epoch is in `run_directory`.
  KernelEncryptor(boost::asio::io_context& loop, std::string run_directory, Clock& clock, Random& random,
                  kernel::xfrm::Xfrm xfrm, kernel::xfrm::Watch watch, EncryptorLost on_lost);
  ~KernelEncryptor() override;

  boost::asio::awaitable<Result<uint64_t>> start() override;
  boost::asio::awaitable<Result<void>> configure(esp::Config config) override;
  boost::asio::awaitable<Result<esp::Status>> status() override;
  void stop() override;

 private:
  // Lives as long as somebody waits for news of the kernel.
  struct Ears;

  Result<uint64_t> read_epoch() const;
  Result<void> begin_epoch();
  bool has_lost_numbers(const kernel::xfrm::Holdings& seen) const;
  void listen();

  boost::asio::io_context& loop_;
  std::string epoch_path_;
  Clock& clock_;
  Random& random_;
  kernel::xfrm::Xfrm xfrm_;
  std::shared_ptr<Ears> ears_;
  EncryptorLost on_lost_;
  kernel::xfrm::Holdings held_;
  esp::Config config_;  // the last one that was given
  uint64_t epoch_ = 0;
  bool is_running_ = false;
};

}  // namespace skein::overlay
