// The kernel of a simulated host, which outlives its daemon but not its reboot. For tests only.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "io/loop/timer.h"
#include "node/host_addresses.h"
#include "overlay/host/fake_host_network.h"

namespace skein::node {

struct SimKernel final : overlay::FakeHostNetwork {
  Ipv4 address;
  boost::asio::any_io_executor executor;               // of the daemon that runs now
  std::function<bool(const Ipv4& host)> answers_from;  // whether a kernel there answers

  void reboot() {
    lost = std::exchange(namespaces, {});
    applied.clear();
    zones_of = {};
  }
  // What a container of this host is answered; empty when nothing.
  std::set<Ipv4> found(const std::string& container, const std::string& name) const {
    if (!zones_of) return {};
    for (const auto& zone : zones_of(container))
      if (auto* addresses = zone->find(name)) return *addresses;
    return {};
  }

  plan::ApplyFailures apply(const plan::Intent& wanted) override {
    auto out = FakeHostNetwork::apply(wanted);
    applied.erase(applied.begin(), applied.end() - 1);  // long lives are not to be remembered whole
    return out;
  }
  Result<Ipv4> own_address() override { return address; }
  boost::asio::awaitable<bool> ask(Ipv4 host) override {
    const bool is_there = answers_from(host);
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
    co_return is_there;
  }
};

// One interface with one address, on which every port is free.
class SimAddresses final : public HostAddresses {
 public:
  SimAddresses(const boost::asio::any_io_executor& executor, const IpAddress& address)
      : address_(address), wait_(executor) {}

  std::vector<HostInterface> interfaces() const override { return {{"eth0", address_, 24}}; }
  Result<void> check_port_free(const IpAddress&, uint16_t, bool, const std::string&) const override { return {}; }
  boost::asio::awaitable<void> wait_for_change(Duration limit) override {
    wait_.expires_after(limit);
    co_await wait_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  void stop_waiting() override { wait_.cancel(); }

 private:
  IpAddress address_;
  io::Timer wait_;
};

}  // namespace skein::node
