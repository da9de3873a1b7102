// A connection that speaks TLS and HTTP/2, client or server end: moves bytes between the link and the pure machines.
//
// Derive from it and give it the link; what follows arrives as events. It keeps itself alive while it is open (use
// make_shared, then start()), reads and writes independently, and calls on_closed() exactly once. Bounded in time: the
// handshake, silence (PING, then close), and writes that make no progress. One thread.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/loop/timer.h"
#include "io/rpc/http2/http2_session.h"
#include "io/rpc/link.h"
#include "io/rpc/peer.h"
#include "io/rpc/tls/security_layer.h"

namespace skein::rpc {

struct ConnectionOptions {
  Http2Limits limits;
  std::chrono::milliseconds handshake_timeout{10'000};  // until the peer's HTTP/2 preface has come
  std::chrono::milliseconds keepalive_idle{0};          // zero: no PINGs, and writes may take for ever
  std::chrono::milliseconds keepalive_timeout{10'000};
};

class Connection : public std::enable_shared_from_this<Connection>, protected Http2Events {
 public:
  Connection(Http2Session::Role role, std::unique_ptr<Link> link, std::unique_ptr<SecurityLayer> security,
             const ConnectionOptions& options);
  ~Connection() override;

  void start();
  // Valid from on_open().
  const Peer& peer() const { return peer_; }
  IpAddress local_address() const { return link_->local().address; }
  bool is_closed() const { return is_closed_; }
  // Ends the connection: on_closed(reason) now; GOAWAY, alerts and what is queued still go out for at most a second.
  void close(Error reason);
  // The same without the last words, for a peer that is dead.
  void abort(Error reason);

 protected:
  // The peer is known; session() may be used from here on.
  virtual void on_open() {}
  // The peer's HTTP/2 preface has come.
  virtual void on_ready() {}
  virtual void on_closed(const Error& reason) = 0;
  void on_settings() final;

  Http2Session& session() { return *session_; }
  bool has_session() const { return session_ != nullptr; }
  // Starts to write what the session has to send; call after using session(). Cheap inside events.
  void flush();
  const boost::asio::any_io_executor& executor() const { return executor_; }

 private:
  void read();
  void received(size_t bytes);
  Result<void> take(std::string_view bytes);
  void open_session();
  void collect_output();
  void write();
  void arm(std::chrono::nanoseconds delay);
  void tick();
  void check_silence();
  void shut();

  boost::asio::any_io_executor executor_;
  std::unique_ptr<Link> link_;
  io::Timer timer_;
  std::unique_ptr<SecurityLayer> security_;
  std::unique_ptr<Http2Session> session_;
  Http2Session::Role role_;
  ConnectionOptions options_;
  Peer peer_;

  std::array<char, 16 << 10> input_;
  std::string plain_;
  std::string output_;  // ciphertext being written
  bool is_writing_ = false;
  bool is_inside_ = false;  // in receive() or take_output() of the session
  bool is_ready_ = false;
  bool is_closed_ = false;          // on_closed() was called
  bool is_terminated_ = false;      // said GOAWAY
  bool is_shut_ = false;            // the link is closed
  bool is_security_ended_ = false;  // our closing alert is made
  TimePoint last_received_;
  TimePoint write_started_;
  bool is_pinged_ = false;
};

}  // namespace skein::rpc
