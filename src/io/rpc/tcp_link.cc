#include "io/rpc/tcp_link.h"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/write.hpp>

namespace skein::rpc {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

IpAddress to_address(const boost::asio::ip::address& address) {
  if (address.is_v4()) return IpAddress::from(Ipv4{address.to_v4().to_uint()});
  if (address.to_v6().is_v4_mapped())
    return IpAddress::from(Ipv4{make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).to_uint()});
  Ipv6 v6;
  auto bytes = address.to_v6().to_bytes();
  std::copy(bytes.begin(), bytes.end(), v6.octets.begin());
  return IpAddress::from(v6);
}

LinkEnd end_of(const tcp::endpoint& endpoint) { return {to_address(endpoint.address()), endpoint.port()}; }

}  // namespace

void close_on_exec(int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

TcpLink::TcpLink(tcp::socket socket) : executor_(socket.get_executor()), socket_(std::move(socket)) {
  close_on_exec(socket_.native_handle());
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  local_ = end_of(socket_.local_endpoint(ignored));
  remote_ = end_of(socket_.remote_endpoint(ignored));
}

void TcpLink::read(std::span<char> into, std::function<void(const error_code&, size_t)> done) {
  socket_.async_read_some(boost::asio::buffer(into.data(), into.size()), std::move(done));
}

void TcpLink::write(std::string_view bytes, std::function<void(const error_code&)> done) {
  boost::asio::async_write(socket_, boost::asio::buffer(bytes),
                           [done = std::move(done)](const error_code& error, size_t) { done(error); });
}

void TcpLink::end_writing() {
  error_code ignored;  // fails only when the peer has gone, which the next read tells
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void TcpLink::close() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace skein::rpc
