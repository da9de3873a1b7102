// Who encrypts on this host: asked for, or found by trying what its kernel can do.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "base/time/clock.h"
#include "kernel/xfrm/watch.h"
#include "kernel/xfrm/xfrm.h"
#include "overlay/encryption/encryptor.h"

namespace skein::overlay {

enum class EncryptionChoice { kAuto, kKernel, kProcess };

// "auto", "kernel" or "process".
Result<EncryptionChoice> parse_encryption_choice(const std::string& text);

class EncryptionMaker {
 public:
  // kUnimplemented with the reason where the kernel is asked for and cannot.
  static Result<EncryptionMaker> choose(EncryptionChoice choice);

  const EncryptionBackend& backend() const { return backend_; }

  // What the other one has left behind, by an earlier choice, is ended. Called once.
  std::unique_ptr<Encryptor> make(boost::asio::io_context& loop, const std::string& run_directory, Clock& clock,
                                  Random& random, EncryptorLost on_lost);

 private:
  EncryptionBackend backend_;
  std::optional<kernel::xfrm::Xfrm> xfrm_;
  std::optional<kernel::xfrm::Watch> watch_;
};

}  // namespace skein::overlay
