#include "overlay/encryption/encryption_choice.h"

#include "base/log.h"
#include "overlay/encryption/esp_worker.h"
#include "overlay/encryption/kernel_encryptor.h"

namespace skein::overlay {

Result<EncryptionChoice> parse_encryption_choice(const std::string& text) {
  if (text == "auto") return EncryptionChoice::kAuto;
  if (text == "kernel") return EncryptionChoice::kKernel;
  if (text == "process") return EncryptionChoice::kProcess;
  return make_error(Code::kInvalidArgument, "unknown way to encrypt: " + text, "", "use auto, kernel or process");
}

Result<EncryptionMaker> EncryptionMaker::choose(EncryptionChoice choice) {
  EncryptionMaker out;
  auto opened = kernel::xfrm::Xfrm::open();
  if (opened.ok()) out.xfrm_ = std::move(*opened);
  if (choice == EncryptionChoice::kProcess) {
    out.backend_ = {false, "asked for"};
    return out;
  }
  Result<void> probed = out.xfrm_ ? out.xfrm_->probe() : Result<void>(opened.error());
  auto watch = kernel::xfrm::Watch::open();
  if (probed.ok() && !watch.ok()) probed = watch.error();
  if (probed.ok()) {
    out.watch_ = std::move(*watch);
    out.backend_ = {true, choice == EncryptionChoice::kKernel ? "asked for" : ""};
    return out;
  }
  if (choice == EncryptionChoice::kKernel) return probed.error();
  out.backend_ = {false, probed.error().because};
  return out;
}

std::unique_ptr<Encryptor> EncryptionMaker::make(boost::asio::io_context& loop, const std::string& run_directory,
                                                 Clock& clock, Random& random, EncryptorLost on_lost) {
  log_info("encryption-by", {{"backend", backend_.text()}});
  if (backend_.is_kernel) {
    end_esp_worker(run_directory);
    return std::make_unique<KernelEncryptor>(loop, run_directory, clock, random, std::move(*xfrm_), std::move(*watch_),
                                             std::move(on_lost));
  }
  if (xfrm_)
    if (auto cleared = xfrm_->clear(); !cleared.ok())
      log_warning("xfrm-not-cleared", {{"why", cleared.error().text()}});
  return std::make_unique<EspWorker>(loop, run_directory, espd_path(), std::move(on_lost));
}

}  // namespace skein::overlay
