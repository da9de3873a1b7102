// The resolver at 127.0.0.11 of every container on a user-defined network.
//
// Its sockets are opened inside the container's network namespace on port 53 itself, UDP and TCP: no address
// translation and so no connection tracking in the container. On the loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "base/random.h"
#include "overlay/host/host_network.h"

namespace skein::overlay {

class DnsService final : public NameService {
 public:
  // `host_resolv_conf`: path of the host's, whose servers are asked where a container names none of its own.
  DnsService(boost::asio::io_context& loop, Random& random, ZonesOf zones_of, std::string host_resolv_conf);
  ~DnsService() override;

  Result<void> serve(const DnsClient& client) override;
  void stop(const std::string& container_id) override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace skein::overlay
