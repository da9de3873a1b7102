// Keeps this host's encryptor in line with its encrypted networks: started with the first of them, told of keys and
// peers as they change, started again at once when it dies, ended with the last.
//
// Some time after each change the log tells of peers towards which nothing passes, with the reason, until it does;
// nobody is asked where all is well.
//
// While it does not run, packets of encrypted networks are lost: the data path knows no other way for them. On the
// loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "base/time/clock.h"
#include "io/child/back_off.h"
#include "io/loop/bounded_waits.h"
#include "io/loop/task_scope.h"
#include "io/loop/timer.h"
#include "overlay/encryption/encryption_config.h"
#include "overlay/encryption/encryptor.h"
#include "overlay/encryption/peer_state.h"

namespace skein::overlay {

class Encryption {
 public:
  using MakeEncryptor = std::function<std::unique_ptr<Encryptor>(EncryptorLost)>;
  // Runs in `tasks`, whose owner ends it before us. `on_epoch` is told when epoch() has changed.
  Encryption(io::TaskScope& tasks, boost::asio::io_context& loop, Clock& clock, const MakeEncryptor& make,
             std::function<void()> on_epoch);

  // From the manager, at every session and rotation; none in force: nothing is sealed or opened.
  void take_keys(EncryptionKeys keys);
  // After each pass over the networks, and when their device is there; none: this host is on no encrypted network.
  void follow(std::optional<EncryptionView> view);

  // Returns when the encryptor runs. kFailedPrecondition with the reason where this host cannot encrypt.
  boost::asio::awaitable<Result<void>> ready();

  // What is counted of each peer.
  boost::asio::awaitable<Result<esp::Status>> status() { return encryptor_->status(); }
  // By which other hosts know our packets; none until the encryptor has run once.
  std::optional<uint64_t> epoch() const { return epoch_; }
  // When this daemon learned of the keys in force; none: it has none.
  std::optional<WallTime> keys_since() const { return keys_since_; }

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<Result<void>> bring_about();
  boost::asio::awaitable<void> pause_after(const Error& error);
  void look_at_peers_later();
  boost::asio::awaitable<void> look_at_peers();
  // What the encryptor is to hold; none as long as not all is known: what an earlier daemon told it stays.
  std::optional<esp::Config> wanted() const;
  bool is_wanted() const { return view_ || is_awaited_ || clock_.now() < lingers_until_; }
  void wake();

  io::TaskScope& tasks_;
  std::unique_ptr<Encryptor> encryptor_;
  std::function<void()> on_epoch_;
  io::BoundedWaits waits_;
  Clock& clock_;
  EncryptionKeys keys_;
  std::optional<WallTime> keys_since_;
  std::optional<EncryptionView> view_;
  size_t is_awaited_ = 0;    // by callers of ready()
  TimePoint lingers_until_;  // for whom it was made ready
  std::optional<uint64_t> epoch_;
  bool is_up_ = false;                // started, and not lost since
  std::optional<esp::Config> given_;  // what it holds
  std::optional<Error> error_;        // of the last attempt
  bool is_running_ = false;           // run()
  PeerComplaints complaints_;
  bool is_looking_ = false;  // look_at_peers()
  io::BackOff back_off_;
  io::Timer changed_;  // cancelled when there is something to do
};

}  // namespace skein::overlay
