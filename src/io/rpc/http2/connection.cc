#include "io/rpc/http2/connection.h"

#include <algorithm>
#include <boost/asio/error.hpp>

namespace skein::rpc {
namespace {

using boost::system::error_code;

constexpr size_t kWriteBytes = 64 << 10;
constexpr std::chrono::seconds kLastWords{1};

}  // namespace

Connection::Connection(Http2Session::Role role, std::unique_ptr<Link> link, std::unique_ptr<SecurityLayer> security,
                       const ConnectionOptions& options)
    : executor_(link->executor()),
      link_(std::move(link)),
      timer_(executor_),
      security_(std::move(security)),
      role_(role),
      options_(options) {
  peer_.address = link_->remote().address;
  peer_.port = link_->remote().port;
}

Connection::~Connection() = default;

void Connection::start() {
  last_received_ = timer_.now();
  arm(options_.handshake_timeout);
  flush();
  read();
}

void Connection::read() {
  link_->read(input_, [self = shared_from_this()](const error_code& error, size_t bytes) {
    if (self->is_shut_) return;
    if (!error) return self->received(bytes);
    bool is_end = error == boost::asio::error::eof;
    self->abort(make_error(Code::kUnavailable,
                           self->session_ ? "transport" : "transport: authentication handshake failed",
                           is_end ? "the peer closed the connection" : error.message()));
  });
}

void Connection::received(size_t bytes) {
  last_received_ = timer_.now();
  is_pinged_ = false;
  if (!is_closed_) {  // else only waiting for the peer to hang up
    if (Result<void> taken = take({input_.data(), bytes}); !taken.ok()) close(std::move(taken).error());
  }
  flush();
  if (!is_shut_) read();
}

Result<void> Connection::take(std::string_view bytes) {
  plain_.clear();
  Result<void> tls = security_->receive(bytes, plain_);
  if (tls.ok() && session_ == nullptr && security_->is_open()) open_session();
  Result<void> http2;
  if (session_ != nullptr && !is_closed_ && !plain_.empty()) {
    is_inside_ = true;
    http2 = session_->receive(plain_);
    is_inside_ = false;
  }
  if (!tls.ok()) return tls;
  if (!http2.ok()) return http2;
  if (security_->is_ended()) return make_error(Code::kUnavailable, "transport", "the peer closed the connection");
  return {};
}

void Connection::open_session() {
  Peer identity = security_->peer();
  identity.address = peer_.address;
  identity.port = peer_.port;
  peer_ = std::move(identity);
  Http2Events& events = *this;
  session_ = std::make_unique<Http2Session>(role_, options_.limits, events);
  on_open();
}

void Connection::on_settings() {
  if (is_ready_ || is_closed_) return;
  is_ready_ = true;
  check_silence();
  on_ready();
}

void Connection::flush() {
  if (is_inside_ || is_writing_ || is_shut_) return;
  collect_output();
  if (is_shut_) return;
  if (!output_.empty()) return write();
  if (!is_closed_) return;
  link_->end_writing();
}

void Connection::collect_output() {
  if (session_ != nullptr && !is_security_ended_) {
    is_inside_ = true;
    std::string frames = session_->take_output(kWriteBytes);
    // Last, since HTTP/2 sends no answers any more after it.
    if (frames.empty() && is_closed_ && !std::exchange(is_terminated_, true)) {
      session_->terminate(ResetCode::kNoError);
      frames = session_->take_output(kWriteBytes);
    }
    is_inside_ = false;
    if (is_shut_) return;
    Result<void> sent = security_->send(frames);
    if (!sent.ok()) return abort(std::move(sent).error());
    if (frames.empty() && !is_closed_ && !session_->is_alive()) {
      close(make_error(Code::kUnavailable, "transport", "the HTTP/2 session ended"));
      return flush();
    }
    if (frames.empty() && is_closed_) {
      security_->end();
      is_security_ended_ = true;
    }
  }
  output_ = security_->take_output();
}

void Connection::write() {
  is_writing_ = true;
  write_started_ = timer_.now();
  link_->write(output_, [self = shared_from_this()](const error_code& error) {
    self->is_writing_ = false;
    self->output_.clear();
    if (self->is_shut_) return;
    if (error) return self->abort(make_error(Code::kUnavailable, "transport", error.message()));
    self->flush();
  });
}

void Connection::close(Error reason) {
  if (is_closed_) return;
  is_closed_ = true;
  arm(kLastWords);
  on_closed(reason);
  flush();
}

void Connection::abort(Error reason) {
  shut();
  if (is_closed_) return;
  is_closed_ = true;
  on_closed(reason);
}

void Connection::shut() {
  is_shut_ = true;
  timer_.cancel();
  link_->close();
}

void Connection::arm(std::chrono::nanoseconds delay) {
  timer_.expires_after(std::max<std::chrono::nanoseconds>(delay, std::chrono::milliseconds(1)));
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error && !self->is_shut_) self->tick();
  });
}

void Connection::tick() {
  if (is_closed_) return shut();
  if (is_ready_) return check_silence();
  abort(make_error(
      Code::kDeadlineExceeded, "transport: authentication handshake failed",
      session_ ? "the peer did not start HTTP/2 in time" : "the peer did not finish the TLS handshake in time"));
}

void Connection::check_silence() {
  if (options_.keepalive_idle.count() == 0) return timer_.cancel(), void();
  auto now = timer_.now();
  TimePoint idle_until = last_received_ + options_.keepalive_idle;
  TimePoint dead_at = idle_until + options_.keepalive_timeout;
  if (is_pinged_ && now >= dead_at)
    return abort(make_error(Code::kUnavailable, "transport", "the peer has fallen silent"));
  TimePoint stalled_at = write_started_ + options_.keepalive_idle + options_.keepalive_timeout;
  if (is_writing_ && now >= stalled_at)
    return abort(make_error(Code::kUnavailable, "transport", "the peer does not read what it is sent"));
  if (!is_pinged_ && now >= idle_until) {
    is_pinged_ = true;
    session_->ping();
    flush();
    if (is_shut_ || is_closed_) return;
  }
  arm((is_pinged_ ? dead_at : idle_until) - now);
}

}  // namespace skein::rpc
