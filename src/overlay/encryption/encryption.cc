#include "overlay/encryption/encryption.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"

namespace skein::overlay {

namespace asio = boost::asio;

namespace {

// After a failure; doubled after each further one.
constexpr Duration kPauseMin = std::chrono::milliseconds(100);
constexpr Duration kPauseMax = std::chrono::seconds(10);
// A process that is new is there within some milliseconds.
constexpr Duration kReadyLimit = std::chrono::seconds(5);
// By then a connection has tried more than once.
constexpr Duration kLookInterval = std::chrono::seconds(30);
// Who asked for it comes to be on a network in less.
constexpr Duration kLinger = std::chrono::seconds(10);

Error cannot_encrypt(const std::string& why) {
  return make_error(Code::kFailedPrecondition, "this host cannot encrypt", why);  // it says what to do
}

}  // namespace

Encryption::Encryption(io::TaskScope& tasks, asio::io_context& loop, Clock& clock, const MakeEncryptor& make,
                       std::function<void()> on_epoch)
    : tasks_(tasks),
      encryptor_(make([this] {
        is_up_ = false;
        given_.reset();
        wake();
      })),
      on_epoch_(std::move(on_epoch)),
      waits_(loop, clock),
      clock_(clock),
      back_off_(kPauseMin, kPauseMax),
      changed_(tasks.executor()) {}

void Encryption::take_keys(EncryptionKeys keys) {
  if (keys == keys_) return;
  keys_ = std::move(keys);
  keys_since_ = keys_.keys.empty() ? std::nullopt : std::optional(clock_.wall());
  wake();
}

void Encryption::follow(std::optional<EncryptionView> view) {
  const bool is_idle = !view && is_up_ && !is_awaited_;  // it was started for what did not come about
  if (view == view_ && !is_idle) return;
  if (view && view_ && view->device != view_->device) given_.reset();  // it was made anew
  view_ = std::move(view);
  if (view_) lingers_until_ = {};
  wake();
}

asio::awaitable<Result<void>> Encryption::ready() {
  ++is_awaited_;
  error_.reset();
  wake();
  co_await waits_.wait(kReadyLimit,
                       [this] { return is_up_ || error_ ? std::optional(Duration::zero()) : std::nullopt; });
  --is_awaited_;
  if (is_up_ && !view_) lingers_until_ = clock_.now() + kLinger;
  if (is_up_) co_return Result<void>();
  co_return cannot_encrypt(error_ ? error_->text() : "who encrypts does not answer; see the log of skeind");
}

void Encryption::wake() {
  back_off_.reset();
  changed_.cancel();
  if (is_running_ || !is_wanted()) return;
  is_running_ = true;
  tasks_.spawn("encryption", run());
}

asio::awaitable<void> Encryption::run() {
  while (is_wanted()) {
    const Result<void> done = co_await bring_about();
    co_await io::end_if_cancelled();
    waits_.look();
    if (!done.ok()) {
      co_await pause_after(done.error());
    } else if (const auto wants = wanted(); is_up_ && (!wants || given_ == wants)) {
      changed_.expires_at(view_ || is_awaited_ ? TimePoint::never() : lingers_until_);
      co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    co_await io::end_if_cancelled();
  }
  encryptor_->stop();
  is_up_ = false;
  given_.reset();
  is_running_ = false;
}

asio::awaitable<Result<void>> Encryption::bring_about() {
  SKEIN_CO_TRY_ASSIGN(const uint64_t epoch, co_await encryptor_->start());
  is_up_ = true;
  error_.reset();
  if (epoch_ != epoch) {
    epoch_ = epoch;
    log_info("encryption-epoch", {{"epoch", std::to_string(epoch)}});
    on_epoch_();
  }
  const auto wants = wanted();
  if (!wants || given_ == wants) co_return Result<void>();
  given_.reset();  // it is unknown, if this fails
  SKEIN_CO_TRY(co_await encryptor_->configure(*wants));
  given_ = wants;
  back_off_.reset();
  look_at_peers_later();
  co_return Result<void>();
}

void Encryption::look_at_peers_later() {
  if (is_looking_) return;
  is_looking_ = true;
  tasks_.spawn("encrypted-peers", look_at_peers());
}

asio::awaitable<void> Encryption::look_at_peers() {
  io::Timer pause(tasks_.executor());
  do {
    pause.expires_after(kLookInterval);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    co_await io::end_if_cancelled();
    const auto status = co_await encryptor_->status();
    co_await io::end_if_cancelled();
    for (const auto& [peer, why] : complaints_.news(status.ok() ? *status : esp::Status()))
      log_warning("encrypted-peer-silent", {{"peer", peer.text()}, {"why", why}});
  } while (!complaints_.empty());
  is_looking_ = false;
}

std::optional<esp::Config> Encryption::wanted() const {
  if (!view_ || view_->local.is_unspecified() || keys_.keys.empty() || !epoch_) return std::nullopt;
  return encryption_config(*view_, keys_, *epoch_);
}

asio::awaitable<void> Encryption::pause_after(const Error& error) {
  if (!error_ || error_->text() != error.text()) log_warning("encryption-not-applied", {{"why", error.text()}});
  error_ = error;
  waits_.look();
  changed_.expires_after(back_off_.next());
  co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace skein::overlay
