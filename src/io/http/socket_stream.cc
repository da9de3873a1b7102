#include "io/http/socket_stream.h"

#include <array>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

#include "io/loop/timer.h"

namespace skein::io::http {

namespace asio = boost::asio;

Error socket_error(const char* what, const boost::system::error_code& ec) {
  bool is_ours = ec == asio::error::operation_aborted;
  return make_error(is_ours ? Code::kCanceled : Code::kUnavailable, what, ec.message());
}

asio::awaitable<Result<size_t>> SocketStream::read_some(std::span<char> buffer) {
  if (!early_.empty()) {
    size_t size = std::min(buffer.size(), early_.size());
    std::memcpy(buffer.data(), early_.data(), size);
    early_.erase(0, size);
    co_return size;
  }
  auto [ec, size] = co_await socket_.async_read_some(asio::buffer(buffer.data(), buffer.size()), kAwaitTuple);
  if (ec == asio::error::eof) co_return size_t{0};
  if (ec) co_return socket_error("read", ec);
  co_return size;
}

asio::awaitable<Result<void>> SocketStream::write(std::string_view bytes) {
  auto [ec, size] = co_await asio::async_write(socket_, asio::buffer(bytes), kAwaitTuple);
  if (ec) co_return socket_error("write", ec);
  co_return Result<void>();
}

void SocketStream::end_writing() {
  boost::system::error_code ignored;  // fails only when the other side has gone, which the next read tells
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void SocketStream::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

namespace {

// Copies until `source` ends (true) or one of them fails (false).
asio::awaitable<bool> copy(ByteStream& source, ByteStream& target) {
  std::array<char, 16384> buffer;
  while (true) {
    auto size = co_await source.read_some(buffer);
    if (!size.ok()) co_return false;
    if (*size == 0) co_return true;
    auto written = co_await target.write({buffer.data(), *size});
    if (!written.ok()) co_return false;
  }
}

asio::awaitable<void> wait_for_cancel() {
  Timer never(co_await asio::this_coro::executor, TimePoint::never());
  co_await never.async_wait(kAwaitTuple);
}

// The end of the front's input is not the end of the session: the back may go on answering.
asio::awaitable<void> copy_input(ByteStream& front, ByteStream& back) {
  bool is_ended = co_await copy(front, back);
  if (!is_ended) co_return;
  back.end_writing();
  co_await wait_for_cancel();
}

asio::awaitable<void> copy_output(ByteStream& back, ByteStream& front) {
  bool is_ended = co_await copy(back, front);
  if (is_ended) front.end_writing();
}

}  // namespace

asio::awaitable<void> splice(ByteStream& front, ByteStream& back) {
  using namespace asio::experimental::awaitable_operators;
  co_await (copy_output(back, front) || copy_input(front, back));
  front.close();
  back.close();
}

}  // namespace skein::io::http
