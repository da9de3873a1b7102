// The resolver at 127.0.0.11 of every container on a user-defined network.
//
// Its sockets are opened inside the container's network namespace on port 53 itself, UDP and TCP: no address
// translation and so no connection tracking in the container. On the loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "names/zone.h"

namespace skein::agent {

struct DnsClient {
  std::string container_id;
  std::string netns_path;
  std::vector<std::string> upstreams;  // asked for all other names, in order; empty: nobody is asked
};

class DnsService {
 public:
  // `zones_of` gives the current names for a container; asked at every query.
  DnsService(boost::asio::io_context& loop, Random& random,
             std::function<names::Zones(const std::string& container_id)> zones_of);
  ~DnsService();

  // Starts (or goes on) serving a container. kUnavailable when its port 53 is taken.
  Result<void> serve(const DnsClient& client);
  void stop(const std::string& container_id);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace skein::agent
