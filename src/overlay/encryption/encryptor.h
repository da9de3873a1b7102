// Who encrypts and decrypts on this host, a process (src/esp) or the kernel (src/kernel/xfrm), as the daemon sees it: a
// door, faked in tests. On the loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "esp/control/control.h"

namespace skein::overlay {

class Encryptor {
 public:
  virtual ~Encryptor() = default;

  // Starts it unless it runs, whoever started it then. Returns its epoch (esp/crypto/spi.h). Calls do not overlap.
  virtual boost::asio::awaitable<Result<uint64_t>> start() = 0;
  // What it is to hold from now on; after start().
  virtual boost::asio::awaitable<Result<void>> configure(esp::Config config) = 0;
  // What it counts; kUnavailable where it does not run. May be asked at any time.
  virtual boost::asio::awaitable<Result<esp::Status>> status() = 0;
  // Ends it; nothing happens where it does not run.
  virtual void stop() = 0;
};

// Who encrypts on a host, and why that one.
struct EncryptionBackend {
  bool is_kernel = false;  // by XFRM; else the process skein-espd
  std::string why;
  std::string text() const { return (is_kernel ? "kernel" : "skein-espd") + (why.empty() ? "" : " (" + why + ")"); }
};

// Told when the encryptor has ended without having been stopped.
using EncryptorLost = std::function<void()>;

}  // namespace skein::overlay
