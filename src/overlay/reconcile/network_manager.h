// This host's part of every network: connects containers, tells the other hosts by gossip, and has the kernel and the
// resolvers follow (network_refresh.h).
//
// The list of endpoints is on disk before a container starts, and before a task is said to serve or to drain. On the
// loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "io/file/kept_file.h"
#include "io/file/line_file.h"
#include "io/loop/bounded_waits.h"
#include "overlay/encryption/encryption.h"
#include "overlay/endpoints/endpoint.h"
#include "overlay/endpoints/local_networks.h"
#include "overlay/endpoints/task_networks.h"
#include "overlay/host/host_network.h"
#include "overlay/peers/gossip_lives.h"
#include "overlay/peers/gossip_records.h"
#include "overlay/peers/swarm_door.h"
#include "overlay/reconcile/host_report.h"
#include "overlay/reconcile/network_refresh.h"

namespace skein::overlay {

class NetworkManager final : public TaskNetworks {
 public:
  // endpoints.json, peers.json and gossip-names.json are kept in `state_directory`.
  NetworkManager(boost::asio::io_context& loop, const std::string& state_directory, Random& random,
                 LocalNetworks& local, HostNetwork& host, Clock& clock);
  // Ends all that runs: nothing follows the others any more. What is in the kernel stays. Who calls us is ended before.
  // Before it is destroyed, unless the loop has dropped all coroutines.
  boost::asio::awaitable<void> close() { return work_.close(); }

  // Finds the endpoints of before and brings the kernel in line. Those whose namespaces are gone, as after a reboot of
  // the host, are dropped. Containers that have ended or are gone must be reported by detach() and forget().
  Result<void> restore();

  // Told when an endpoint of a container is there, and when it is gone. Set once, before the first one.
  using EndpointObserver = std::function<void(const Endpoint&, bool is_there)>;
  void observe_endpoints(EndpointObserver observer) { endpoint_observer_ = std::move(observer); }

  // Joining and leaving a swarm. The door must outlive its use; endpoints on overlay networks end with the swarm.
  void enter_swarm(SwarmDoor& door);
  void leave_swarm();
  // The host's address on the ingress network, as the manager says; none: there is no such network. Without it the host
  // takes no clients of published ports in. Kept on disk: they go on while the next daemon starts.
  void take_part_in_mesh(const std::optional<MeshPlace>& place);
  const EncryptionBackend& encryption_backend() const { return host_.encryption_backend(); }
  // By reason, since the data path was loaded first.
  Result<std::map<std::string, uint64_t>> data_path_counters() { return host_.packet_counters(); }
  boost::asio::awaitable<Result<esp::Status>> encryption_status() { return encryption_.status(); }
  // Of encrypted networks, as the manager says.
  void take_encryption_keys(EncryptionKeys keys) { encryption_.take_keys(std::move(keys)); }
  // Gossip begins under this name, which no other life had: what is to go with the claim to be alive (gossip_lives.h).
  std::string begin_gossip(const std::string& name);
  // The keys have come and gossip runs: announce what we have.
  void gossip_started();
  // What gossip tells, event by event.
  void hear(const gossip::Output& event);
  // Something that the session tells has changed.
  void refresh_soon() { refresh_.soon(); }
  void audit() { refresh_.audit(); }
  // What was heard is acted on now, and not when the pause between two passes is over.
  void look() { refresh_.pass_soon(); }

  const EndpointBook& book() const { return book_; }
  // All that is known now, for who shows it; costs a copy of the book.
  std::shared_ptr<const HostReport> report() const;
  // Programs of this host that lose their new clients to published ports.
  const std::vector<PortHolder>& port_holders() const { return refresh_.port_holders(); }

  Result<std::string> prepare_namespace(const std::string& key) override { return host_.make_namespace(key); }
  boost::asio::awaitable<Result<void>> attach(ContainerNetworkRequest request, std::string netns_path) override;
  boost::asio::awaitable<Result<void>> connect(ContainerNetworkRequest container, std::string netns_path,
                                               EndpointRequest endpoint) override;
  boost::asio::awaitable<Result<void>> disconnect(std::string container_id, std::string network) override;
  void rename(const std::string& container_id, const std::string& name) override;
  void detach(const std::string& container_id) override;
  void forget(const std::string& container_id, const std::string& netns_path) override;
  std::set<std::string> attached_containers() const override;
  bool is_attached(const std::string& container_id) const override { return book_.containers.contains(container_id); }
  Result<Ipv4> host_gateway() const override;
  std::vector<EndpointStatus> status(const std::string& container_id) const override;

  void set_serving(const std::string& container_id, Serving serving) override;
  boost::asio::awaitable<void> wait_until_drained(std::string container_id, Duration limit) override;

 private:
  boost::asio::awaitable<Result<Endpoint>> make_endpoint(const ContainerNetworkRequest& container,
                                                         const std::string& netns_path, EndpointRequest request);
  boost::asio::awaitable<Result<void>> place(Endpoint& endpoint, EndpointRequest request);
  boost::asio::awaitable<Result<void>> make_missing_endpoints(const ContainerNetworkRequest& request,
                                                              const std::string& netns_path);
  boost::asio::awaitable<Result<void>> add(const ContainerNetworkRequest& request, const std::string& netns_path);
  Result<void> apply_for(const std::string& container_id);
  Result<void> bring_up(const ContainerNetworkRequest& request, const std::string& netns_path);
  void drop_endpoint(const std::string& endpoint_id);
  void tell_endpoints(const std::string& container_id);
  void withdraw(const Endpoint& endpoint);
  void give_back(const Endpoint& endpoint);  // its address
  void announce(const std::string& container_id);
  void announce_all();
  void take_epoch();
  boost::asio::awaitable<Result<void>> prepare_encryption(const ContainerNetworkRequest& request);
  boost::asio::awaitable<void> hear_others(std::string container_id);
  void note_applied(const plan::ApplyFailures& failures);
  void restore_lives();
  void drop_lost(const plan::ApplyFailures& failures);
  std::optional<Duration> drain_pause_of(const std::string& container_id) const;
  Result<void> serve_names(const std::string& container_id);
  // What has changed of this container and its endpoints.
  Result<void> save(const std::string& container_id);
  Result<void> save_book(const std::string& changes);

  io::LineFile book_file_;
  std::string lives_path_;
  Random& random_;
  LocalNetworks& local_;
  HostNetwork& host_;
  Clock& clock_;
  SwarmDoor* swarm_ = nullptr;
  EndpointBook book_;
  EndpointObserver endpoint_observer_ = [](const Endpoint&, bool) {};
  std::set<std::string> untold_;  // endpoints that are being made
  bool is_restored_ = false;
  GossipLives lives_;
  GossipRecords records_;
  io::TaskScope work_;
  io::KeptFile kept_book_, kept_lives_;
  NetworkRefresh refresh_;
  Encryption encryption_;
  std::unique_ptr<NameService> names_;
  std::vector<LostEndpoint> lost_;
  std::set<std::string> drained_here_;  // endpoints to which our own data path starts no flows
  io::BoundedWaits waits_;
};

}  // namespace skein::overlay
