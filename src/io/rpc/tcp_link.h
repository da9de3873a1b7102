// A TCP connection as a Link. Only for this folder.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "io/rpc/link.h"

namespace skein::rpc {

// The programs that the daemon starts must not inherit its sockets.
void close_on_exec(int descriptor);

class TcpLink final : public Link {
 public:
  explicit TcpLink(boost::asio::ip::tcp::socket socket);

  boost::asio::any_io_executor executor() const override { return executor_; }
  LinkEnd local() const override { return local_; }
  LinkEnd remote() const override { return remote_; }
  void read(std::span<char> into, std::function<void(const boost::system::error_code&, size_t)> done) override;
  void write(std::string_view bytes, std::function<void(const boost::system::error_code&)> done) override;
  void end_writing() override;
  void close() override;

 private:
  boost::asio::any_io_executor executor_;
  boost::asio::ip::tcp::socket socket_;
  LinkEnd local_, remote_;
};

}  // namespace skein::rpc
