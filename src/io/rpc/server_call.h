// The server's end of one call: cuts the request into messages, runs the handler, sends the answer. Only for this
// folder.
//
// Alive while its stream is open or its handler runs, whichever is longer. It ends once: by an answer, or by being
// cancelled (peer, connection, deadline, stop).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "io/loop/timer.h"
#include "io/rpc/http2/framing.h"
#include "io/rpc/server_core.h"

namespace skein::rpc {

class ServerConnection;

class ServerCall : public std::enable_shared_from_this<ServerCall> {
 public:
  ServerCall(std::shared_ptr<ServerConnection> connection, int32_t stream, Call call,
             std::shared_ptr<const Method> method, std::shared_ptr<ServerCore> core);
  ~ServerCall();

  // Events of the stream.
  void start();
  void take_body(std::string_view bytes);
  void end_body();
  void sent();
  // The stream is gone.
  void cancel();
  // Ends the call with an error of ours: the client is told, and the handler as by cancel().
  void fail(const Error& error);

  // Asks the handler to end, by cancellation.
  void end_handler() { handler_end_.emit(boost::asio::cancellation_type::terminal); }

  // The handler's side.
  const Call& call() const { return call_; }
  bool is_open() const { return !is_over_; }
  Result<void> send(std::string message);
  void finish(Result<void> outcome);
  size_t queued_bytes() const;
  bool is_congested() const { return is_congested_; }
  void on_drained(std::function<void()> callback) { on_drained_ = std::move(callback); }
  void on_closed(std::function<void()> callback);
  boost::asio::awaitable<Result<std::optional<std::string>>> next_message();

 private:
  class Running;
  void run_handler();
  void spawn(boost::asio::awaitable<void> handler);
  boost::asio::awaitable<void> run_unary(std::string request);
  boost::asio::awaitable<void> run_client_stream();
  void answer(Result<std::string> response);
  void open_response();
  void say_outcome(const Result<void>& outcome);
  bool hold(size_t bytes);
  void release(size_t bytes);
  void end();

  std::shared_ptr<ServerCore> core_;
  std::weak_ptr<ServerConnection> connection_;
  int32_t stream_;
  Call call_;
  std::shared_ptr<const Method> method_;  // keeps the handler, and what its coroutine refers to, alive
  boost::asio::cancellation_signal handler_end_;
  std::optional<io::Timer> deadline_;

  Deframer deframer_;
  std::deque<std::string> messages_;
  size_t held_bytes_ = 0;      // of the request, not yet taken by the handler
  size_t withheld_bytes_ = 0;  // of the peer's window, until messages are taken
  bool is_request_done_ = false;
  Signal message_came_;

  bool has_response_ = false;
  bool is_congested_ = false;
  bool is_over_ = false;  // answered or cancelled
  std::function<void()> on_drained_;
  std::function<void()> on_closed_;
};

}  // namespace skein::rpc
