// Who waits for one descriptor is not woken by what happened to another.
#include "io/file/readable.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>

namespace skein::io {
namespace {

namespace asio = boost::asio;
using Stream = asio::posix::stream_descriptor;

struct Pipe {
  std::array<int, 2> ends{};
  Pipe() { EXPECT_EQ(::pipe(ends.data()), 0); }
  ~Pipe() { ::close(ends[1]); }  // the other end is its stream's
  void write() const { EXPECT_EQ(::write(ends[1], "x", 1), 1); }
};

// Two descriptors become readable together. Whoever hears of one closes the other and begins to wait for a third, which
// Asio then gives the event that was the other's.
TEST(ReadableTest, a_descriptor_that_follows_one_that_was_readable_is_waited_for) {
  asio::io_context loop;
  Pipe first, second, silent;
  Stream a(loop, first.ends[0]), b(loop, second.ends[0]);
  std::unique_ptr<Stream> c;
  bool is_told = false;
  auto wait_for_third = [&]() -> asio::awaitable<void> { is_told = co_await wait_until_readable(*c); };
  auto replace = [&](Stream& other) {
    if (c) return;
    other.close();
    c = std::make_unique<Stream>(loop, silent.ends[0]);
    asio::co_spawn(loop, wait_for_third(), asio::detached);
  };
  a.async_wait(Stream::wait_read, [&](boost::system::error_code failed) {
    if (!failed) replace(b);
  });
  b.async_wait(Stream::wait_read, [&](boost::system::error_code failed) {
    if (!failed) replace(a);
  });
  first.write();
  second.write();
  while (loop.poll_one() > 0 || !c) continue;
  EXPECT_FALSE(is_told);
  silent.write();
  loop.run_for(std::chrono::seconds(10));
  EXPECT_TRUE(is_told);
}

}  // namespace
}  // namespace skein::io
