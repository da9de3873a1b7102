// The door to this host's addresses and ports: the kernel, or a simulated host.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/time/clock.h"
#include "node/address_watch.h"
#include "node/addresses.h"

namespace skein::node {

class HostAddresses {
 public:
  virtual ~HostAddresses() = default;
  virtual std::vector<HostInterface> interfaces() const = 0;
  // As node::check_port_free.
  virtual Result<void> check_port_free(const IpAddress& address, uint16_t port, bool is_udp,
                                       const std::string& purpose) const = 0;
  // Until an address came or went since the last wait, `limit` has passed, or stop_waiting().
  virtual boost::asio::awaitable<void> wait_for_change(Duration limit) = 0;
  virtual void stop_waiting() = 0;
};

class KernelAddresses final : public HostAddresses {
 public:
  explicit KernelAddresses(boost::asio::io_context& loop) : watch_(loop) {}

  std::vector<HostInterface> interfaces() const override { return host_interfaces(); }
  Result<void> check_port_free(const IpAddress& address, uint16_t port, bool is_udp,
                               const std::string& purpose) const override {
    return node::check_port_free(address, port, is_udp, purpose);
  }
  boost::asio::awaitable<void> wait_for_change(Duration limit) override { return watch_.wait(limit); }
  void stop_waiting() override { watch_.cancel(); }

 private:
  AddressWatch watch_;
};

}  // namespace skein::node
