#include "overlay/encryption/kernel_encryptor.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "io/file/file.h"
#include "overlay/encryption/kernel_encryptor_status.h"

namespace skein::overlay {

namespace asio = boost::asio;
using kernel::xfrm::Holdings;

namespace {

constexpr size_t kActionsAtOnce = 32;  // about a millisecond

}  // namespace

struct KernelEncryptor::Ears {
  Ears(asio::io_context& loop, kernel::xfrm::Watch watch_in) : watch(std::move(watch_in)), events(loop, watch.fd()) {}
  ~Ears() { events.release(); }  // the descriptor is the watch's
  kernel::xfrm::Watch watch;
  asio::posix::stream_descriptor events;
  KernelEncryptor* owner = nullptr;
};

KernelEncryptor::KernelEncryptor(asio::io_context& loop, std::string run_directory, Clock& clock, Random& random,
                                 kernel::xfrm::Xfrm xfrm, kernel::xfrm::Watch watch, EncryptorLost on_lost)
    : loop_(loop),
      epoch_path_(std::move(run_directory) + "/esp.epoch"),
      clock_(clock),
      random_(random),
      xfrm_(std::move(xfrm)),
      ears_(std::make_shared<Ears>(loop, std::move(watch))),
      on_lost_(std::move(on_lost)) {
  ears_->owner = this;
  listen();
}

KernelEncryptor::~KernelEncryptor() {
  ears_->owner = nullptr;
  boost::system::error_code ignored;
  ears_->events.cancel(ignored);
}

void KernelEncryptor::listen() {
  auto hear = [](std::shared_ptr<Ears> ears) -> asio::awaitable<void> {
    while (ears->owner) {
      auto [failed] = co_await ears->events.async_wait(asio::posix::stream_descriptor::wait_read,
                                                       asio::as_tuple(asio::use_awaitable));
      if (failed || !ears->owner) co_return;
      if (!ears->watch.take_events(ears->owner->xfrm_.port_id()) || !ears->owner->is_running_) continue;
      log_warning("xfrm-altered", {{"what", "somebody has deleted states or policies; ours are made anew"}});
      ears->owner->is_running_ = false;
      ears->owner->on_lost_();
    }
  };
  asio::co_spawn(loop_, hear(ears_), asio::detached);
}

asio::awaitable<Result<uint64_t>> KernelEncryptor::start() {
  if (is_running_) co_return epoch_;
  SKEIN_CO_TRY_ASSIGN(Holdings seen, xfrm_.observe());
  auto known = read_epoch();
  if (known.ok() && !seen.states.empty() && !has_lost_numbers(seen))
    epoch_ = *known;
  else
    SKEIN_CO_TRY(begin_epoch());
  held_ = std::move(seen);
  is_running_ = true;
  co_return epoch_;
}

// Whether an outbound state that was there is there no more.
bool KernelEncryptor::has_lost_numbers(const Holdings& seen) const {
  return std::ranges::any_of(held_.states, [&](const auto& entry) {
    return entry.first.target != config_.local && !seen.states.contains(entry.first);
  });
}

Result<uint64_t> KernelEncryptor::read_epoch() const {
  SKEIN_TRY_ASSIGN(const std::string text, io::read_file(epoch_path_));
  return parse_epoch(text);
}

Result<void> KernelEncryptor::begin_epoch() {
  epoch_ = static_cast<uint64_t>(clock_.wall().seconds()) << 32 | (random_.u64() & UINT32_MAX);
  return io::write_file_atomically(epoch_path_, format_epoch(epoch_), 0600);
}

asio::awaitable<Result<void>> KernelEncryptor::configure(esp::Config config) {
  config_ = std::move(config);
  const Holdings wanted = kernel::xfrm::holdings_for(config_);
  for (;;) {
    if (!is_running_) co_return make_error(Code::kUnavailable, "the kernel's states have changed meanwhile");
    auto is_done = xfrm_.approach(held_, wanted, kActionsAtOnce);
    if (!is_done.ok()) {
      is_running_ = false;  // what it holds is looked at again
      co_return is_done.error();
    }
    if (*is_done) co_return Result<void>();
    co_await asio::post(loop_, asio::use_awaitable);
  }
}

asio::awaitable<Result<esp::Status>> KernelEncryptor::status() {
  SKEIN_CO_TRY_ASSIGN(const auto states, xfrm_.states());
  auto drops = kernel::xfrm::read_drops();
  esp::Status out = kernel_status(config_, states, drops.ok() ? *drops : std::map<std::string, uint64_t>());
  out.epoch = epoch_;
  co_return out;
}

void KernelEncryptor::stop() {
  if (auto cleared = xfrm_.clear(); !cleared.ok()) log_warning("xfrm-not-cleared", {{"why", cleared.error().text()}});
  ::unlink(epoch_path_.c_str());
  held_ = {};
  config_ = {};
  is_running_ = false;
}

}  // namespace skein::overlay
