#include "io/rpc/in_process/pipe.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

namespace skein::rpc {

using boost::system::error_code;

Pipe::Pipe(const boost::asio::any_io_executor& network, const boost::asio::any_io_executor& reader,
           const boost::asio::any_io_executor& writer, std::shared_ptr<Wire> wire)
    : wire_(std::move(wire)),
      arrival_(network),
      readable_(reader, TimePoint::never()),
      writable_(writer, TimePoint::never()) {}

void Pipe::join(const std::shared_ptr<Pipe>& one, const std::shared_ptr<Pipe>& other) {
  one->back_ = other;
  other->back_ = one;
}

void Pipe::when_writable(std::function<void()> call) {
  if (has_room()) return boost::asio::post(writable_.get_executor(), std::move(call));
  writable_.async_wait([self = shared_from_this(), call = std::move(call)](const error_code&) mutable {
    self->when_writable(std::move(call));
  });
}

void Pipe::when_readable(std::function<void()> call) {
  if (is_readable() || is_unread_) return boost::asio::post(readable_.get_executor(), std::move(call));
  readable_.async_wait([self = shared_from_this(), call = std::move(call)](const error_code&) mutable {
    self->when_readable(std::move(call));
  });
}

error_code Pipe::send(std::string bytes) {
  if (!failure_) put(Piece::Kind::kBytes, std::move(bytes));
  return failure_;
}

void Pipe::end() {
  if (!failure_) put(Piece::Kind::kEnd, "");
}

size_t Pipe::take(std::span<char> into, error_code& error) {
  const size_t size = std::min(into.size(), arrived_.size());
  std::copy_n(arrived_.begin(), size, into.begin());
  arrived_.erase(0, size);
  bytes_ -= size;
  error = size > 0 ? error_code() : failure_ ? failure_ : error_code(boost::asio::error::eof);
  if (size > 0) wake();
  return size;
}

void Pipe::close_reader() {
  is_unread_ = true;
  wake();
}

void Pipe::put(Piece::Kind kind, std::string bytes) {
  bytes_ += bytes.size();
  const TimePoint at = arrival_.now() + wire_->delay;
  flight_.push_back({flight_.empty() ? at : std::max(at, flight_.back().at), kind, std::move(bytes)});
  pump();
}

void Pipe::pump() {
  if (flight_.empty() || wire_->is_cut) return void(arrival_.cancel());
  if (is_armed_) return;
  is_armed_ = true;
  // After a cut, what waited comes as if it were sent now.
  arrival_.expires_at(std::max(flight_.front().at, arrival_.now()));
  arrival_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    self->is_armed_ = false;
    if (!cancelled) self->arrive();
    self->pump();
  });
}

void Pipe::arrive() {
  while (!flight_.empty() && flight_.front().at <= arrival_.now()) {
    Piece piece = std::move(flight_.front());
    flight_.pop_front();
    arrive(std::move(piece));
  }
}

void Pipe::arrive(Piece piece) {
  if (piece.kind == Piece::Kind::kReset) return break_down(boost::asio::error::connection_reset);
  if (is_unread_) {
    bytes_ -= piece.bytes.size();
    auto back = back_.lock();
    if (piece.kind == Piece::Kind::kBytes && back) back->put(Piece::Kind::kReset, "");
    return;
  }
  if (piece.kind == Piece::Kind::kEnd) has_ended_ = true;
  if (wire_->breaks_after && *wire_->breaks_after <= piece.bytes.size()) {
    wire_->breaks_after.reset();
    return break_down(boost::asio::error::connection_reset);
  }
  if (wire_->breaks_after) *wire_->breaks_after -= piece.bytes.size();
  arrived_ += piece.bytes;
  wake();
}

void Pipe::break_down(error_code error) {
  auto self = shared_from_this();
  fail(error);
  if (auto back = back_.lock()) back->fail(error);
}

void Pipe::fail(error_code error) {
  if (failure_) return;
  failure_ = error;
  flight_.clear();
  arrived_.clear();
  bytes_ = 0;
  arrival_.cancel();
  wake();
}

void Pipe::wake() {
  readable_.cancel();
  writable_.cancel();
}

}  // namespace skein::rpc
