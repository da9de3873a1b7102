// The client's end of one connection and of its calls. Only for this folder.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "io/rpc/client.h"
#include "io/rpc/http2/connection.h"
#include "io/rpc/http2/framing.h"
#include "io/rpc/signal.h"

namespace skein::rpc {

class ClientConnection final : public Connection {
 public:
  ClientConnection(std::unique_ptr<Link> link, std::unique_ptr<SecurityLayer> security, HostPort target,
                   const ChannelOptions& options);

  // Until the server's preface has come, or the connection has failed.
  boost::asio::awaitable<Result<void>> ready();
  // Sends the request headers. When the connection cannot take calls, the call is already over with kUnavailable.
  std::shared_ptr<ClientCall> open_call(const std::string& path, const CallOptions& options);

  bool is_usable() const { return is_ready_ && !is_closed() && !is_going_away_; }
  void on_end(std::function<void(const Error&)> callback);
  // As close(), but on_end is not told.
  void leave();

  // For the calls.
  Http2Session* wire() { return is_closed() ? nullptr : &session(); }
  void send() { flush(); }
  void forget(int32_t stream) { calls_.erase(stream); }

 private:
  void on_ready() override;
  void on_closed(const Error& reason) override;
  void on_headers(int32_t stream, HeaderList headers, bool is_last) override;
  void on_body(int32_t stream, std::string_view bytes) override;
  void on_body_end(int32_t stream) override;
  void on_sent(int32_t stream) override;
  void on_stream_closed(int32_t stream, uint32_t error) override;
  void on_goaway(int32_t last_stream, uint32_t error, std::string_view text) override;
  std::shared_ptr<ClientCall> find(int32_t stream) const;

  HostPort target_;
  ChannelOptions options_;
  std::map<int32_t, std::shared_ptr<ClientCall>> calls_;
  Signal changed_;
  bool is_ready_ = false;
  bool is_going_away_ = false;
  std::optional<Error> end_reason_;
  std::function<void(const Error&)> on_end_;
};

// One call. It ends once, with the server's status, a broken connection, its deadline or cancel().
class ClientCall {
 public:
  ClientCall(const boost::asio::any_io_executor& executor, std::weak_ptr<ClientConnection> connection, int32_t stream,
             size_t message_bytes_max, std::chrono::milliseconds timeout);

  // Events of the stream.
  void take_headers(const HeaderList& headers, bool is_last);
  void take_body(std::string_view bytes);
  void end_body();
  void stream_closed(uint32_t error);
  void sent() { changed_.notify(); }
  void end(Result<void> outcome);

  // The user's side. These live until the coroutine is done, as each takes a shared pointer.
  static boost::asio::awaitable<Result<std::optional<std::string>>> next(std::shared_ptr<ClientCall> self);
  // The one answer of a call that has no more than one.
  static boost::asio::awaitable<Result<std::string>> only_answer(std::shared_ptr<ClientCall> self);
  static boost::asio::awaitable<Result<void>> send_slowly(std::shared_ptr<ClientCall> self, std::string message);
  void send(const std::string& message) { put(message, false); }
  // With the end of the request, in one packet if it fits.
  void send_only(const std::string& message) { put(message, true); }
  void end_request();
  void cancel(const Error& reason);

 private:
  void put(const std::string& message, bool is_last);
  void take_response_headers(const HeaderList& headers, bool is_last);
  Http2Session* wire(const std::shared_ptr<ClientConnection>& connection) const;
  boost::asio::awaitable<void> wait_for_change();

  std::weak_ptr<ClientConnection> connection_;
  int32_t stream_;
  TimePoint deadline_;
  Signal changed_;
  Deframer deframer_;
  std::deque<std::string> messages_;
  size_t unread_bytes_ = 0;
  size_t withheld_bytes_ = 0;  // of the server's window, until messages are read
  bool has_headers_ = false;
  std::optional<Result<void>> outcome_;
};

}  // namespace skein::rpc
