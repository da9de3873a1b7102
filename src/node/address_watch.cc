#include "node/address_watch.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>

#include "base/log.h"

namespace skein::node {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

namespace {

constexpr int kEventsAtOnce = 256;  // more make the next wait short

int open_events() {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (fd < 0) return -1;
  sockaddr_nl own{};
  own.nl_family = AF_NETLINK;
  own.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&own), sizeof own) == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

AddressWatch::AddressWatch(asio::io_context& loop) : events_(loop), limit_(loop) {
  const int fd = open_events();
  if (fd >= 0)
    events_.assign(fd);
  else
    log_warning("addresses-not-watched", {{"why", std::strerror(errno)}});
}

void AddressWatch::take_events() {
  std::array<char, 8192> ignored;
  for (int i = 0; i < kEventsAtOnce; ++i)  // an error tells of lost events, and is one event less to take
    if (::recv(events_.native_handle(), ignored.data(), ignored.size(), 0) < 0 && errno != ENOBUFS) return;
}

asio::awaitable<void> AddressWatch::wait(Duration limit) {
  limit_.expires_after(limit);
  if (!events_.is_open()) {
    co_await limit_.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return;
  }
  auto woken =
      co_await (events_.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable)) ||
                limit_.async_wait(asio::as_tuple(asio::use_awaitable)));
  if (woken.index() == 0) take_events();
}

void AddressWatch::cancel() { limit_.cancel(); }

}  // namespace skein::node
