// This host's part of every network: connects containers, tells the other hosts by gossip, and keeps the kernel and the
// resolvers in line with what is known.
//
// The kernel's state and the names are derived from a snapshot whenever something changes (coalesced to once per turn
// of the loop), never patched. The list of endpoints is on disk before a container starts. On the loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "agent/container_networks.h"
#include "agent/dns_service.h"
#include "agent/endpoint.h"
#include "agent/gossip_records.h"
#include "agent/local_networks.h"
#include "agent/swarm_door.h"
#include "kernel/net/path_watch.h"
#include "kernel/network_applier.h"

namespace skein::agent {

struct NetworkManagerOptions {
  std::string state_directory;  // endpoints.json is kept here
  std::string netns_directory;  // of containers' namespaces
};

class NetworkManager final : public ContainerNetworks {
 public:
  NetworkManager(boost::asio::io_context& loop, NetworkManagerOptions options, Random& random, LocalNetworks& local,
                 kernel::NetworkApplier applier, kernel::net::PathWatch paths, Clock& clock);
  ~NetworkManager() override;

  // Finds the endpoints of before and brings the kernel in line. Containers that are gone must be reported by forget().
  Result<void> restore();

  // Joining and leaving a swarm. The door must outlive its use; endpoints on overlay networks end with the swarm.
  void enter_swarm(SwarmDoor& door);
  void leave_swarm();
  // The keys have come and gossip runs: announce what we have.
  void gossip_started();
  // Something that gossip or the session tells has changed.
  void refresh_soon();

  const EndpointBook& book() const { return book_; }

  Result<std::string> prepare_namespace(const std::string& key) override;
  boost::asio::awaitable<Result<void>> attach(ContainerNetworkRequest request, std::string netns_path) override;
  boost::asio::awaitable<Result<void>> connect(ContainerNetworkRequest container, std::string netns_path,
                                               EndpointRequest endpoint) override;
  boost::asio::awaitable<Result<void>> disconnect(std::string container_id, std::string network) override;
  void detach(const std::string& container_id) override;
  void forget(const std::string& container_id, const std::string& netns_path) override;
  std::vector<EndpointStatus> status(const std::string& container_id) const override;

 private:
  boost::asio::awaitable<Result<Endpoint>> make_endpoint(const ContainerNetworkRequest& container,
                                                         const std::string& netns_path, EndpointRequest request);
  void drop_endpoint(const std::string& endpoint_id);
  void listen_to_gossip();
  void choose_default_route(const std::string& container_id);
  Result<void> serve_names(const std::string& container_id);
  Result<void> save();
  Result<void> refresh();
  plan::NetworkView view();
  names::Zones zones_of(const std::string& container_id) const;
  std::shared_ptr<const names::Zone> zone_of(const NetworkInfo& network) const;
  void watch_paths();
  void retry_later(Duration pause);
  void audit_later();

  boost::asio::io_context& loop_;
  NetworkManagerOptions options_;
  Random& random_;
  LocalNetworks& local_;
  kernel::NetworkApplier applier_;
  kernel::net::PathWatch paths_;
  boost::asio::posix::stream_descriptor path_events_;
  boost::asio::steady_timer retry_timer_;
  boost::asio::steady_timer audit_timer_;
  DnsService dns_;
  SwarmDoor* swarm_ = nullptr;
  Clock& clock_;
  EndpointBook book_;
  GossipRecords records_;
  RemoteRecords remote_;
  std::string remote_on_disk_;
  mutable std::map<std::string, std::shared_ptr<const names::Zone>> zones_;  // by network id; emptied at every change
  bool refresh_is_due_ = false;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace skein::agent
