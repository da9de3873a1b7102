// Keeps the kernel and the names in line with this host's endpoints and with what the other hosts tell.
//
// At once for what happens here, every 50 ms at most for what gossip tells, again after a failure (from a second on,
// ever more seldom), and every 60 s as an audit. A pass costs as much as has changed (host_plan.h, live_zone.h); all
// that gossip knows is listened to, and the kernel read back, at the start and by the audit; the kernel also after
// failures, and when devices or routes change. On the loop's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/time/clock.h"
#include "io/loop/task_scope.h"
#include "io/loop/timer.h"
#include "names/zone.h"
#include "overlay/encryption/encryption_config.h"
#include "overlay/endpoints/endpoint.h"
#include "overlay/host/host_network.h"
#include "overlay/host/port_watch.h"
#include "overlay/peers/peers_file.h"
#include "overlay/peers/remote_records.h"
#include "overlay/peers/silent_hosts.h"
#include "overlay/peers/swarm_door.h"
#include "overlay/reconcile/host_plan.h"
#include "overlay/reconcile/host_report.h"
#include "overlay/reconcile/live_zone.h"

namespace skein::overlay {

class NetworkRefresh {
 public:
  // `book` is the caller's, who asks for a refresh after a change. What is known of other hosts is kept in
  // <state_directory>/peers.json. `on_applied` is told after each attempt what the kernel did not become,
  // `on_port_holders` that port_holders() has changed.
  // Runs in `tasks`, whose owner ends it before us.
  NetworkRefresh(io::TaskScope& tasks, const std::string& state_directory, const EndpointBook& book, HostNetwork& host,
                 Clock& clock, std::function<void(const plan::ApplyFailures&)> on_applied,
                 std::function<void()> on_port_holders);

  // What was known of the other hosts before the daemon's restart.
  void restore();
  // Null outside a swarm; the door outlives its use.
  void set_swarm(SwarmDoor* swarm);
  // Gossip began anew.
  void hear_all() { hears_all_ = true; }

  // After a change of the book; the links of these endpoints are looked for. What failed is logged once, and tried
  // again.
  plan::ApplyFailures now(const std::set<std::string>& endpoint_ids);
  void soon();
  // Gossip has told something of a record, or of others than records.
  void heard(const std::string& network, const std::string& key);
  void news();
  // Gossip has told what a host says of itself, which matters while something is not told any more.
  void news_of_host();
  // Nothing is taken for granted: as every 60 s.
  void audit();
  // Acts on what was heard and not acted on yet.
  void catch_up();
  // Ends the pause between two passes.
  void pass_soon();

  // The names that the container finds: overlay networks before local ones, and last what it is called itself.
  names::Zones zones_of(const std::string& container_id);
  // Of other hosts, whose owners wait for our receipts.
  std::vector<RemoteRecord> draining(const std::string& network) const {
    return remote_.of_keys(network, remote_.index(network).draining());
  }
  // Who is on our encrypted networks, as of the last pass; none: we are on no such network.
  std::optional<EncryptionView> encryption() const;
  // By which the swarm's services are reached here; null while something failed.
  const std::map<plan::MeshPort, plan::MeshTarget>* mesh_ports() const { return plan_.mesh_ports(); }
  // The last pass. Its intent is shared: who keeps the report keeps that alive.
  PassReport report() const;
  // This host's own programs on published ports.
  const std::vector<PortHolder>& port_holders() const { return port_watch_.holders(); }

 private:
  plan::ApplyFailures pass();
  TimePoint listen_to_gossip();
  void note_failures(const plan::ApplyFailures& failures);
  void ask_silent_hosts();
  RemoteRecords::Snapshot listen();
  void look_around();
  std::shared_ptr<const names::Zone> zone_of(const NetworkInfo& network);
  void take_path_news(const PathNews& news);
  boost::asio::awaitable<void> ask(Ipv4 host);
  boost::asio::awaitable<void> pass_later();
  void come_back(TimePoint due);
  void audit_later();
  // When the timer's time has come, unless it is set anew.
  boost::asio::awaitable<void> act_at(io::Timer& timer, std::function<void()> act);

  io::TaskScope& tasks_;
  const EndpointBook& book_;
  HostNetwork& host_;
  Clock& clock_;
  std::function<void(const plan::ApplyFailures&)> on_applied_;
  SwarmDoor* swarm_ = nullptr;
  RemoteRecords remote_;
  SilentHosts silent_;
  PeersFile peers_file_;
  HostPlan plan_{book_, remote_};
  std::map<std::string, std::shared_ptr<LiveZone>> zones_;  // by network id
  bool hears_all_ = true;
  std::set<RemoteRecords::Id> heard_;  // since the last pass
  std::set<std::string> networks_;     // as of the last pass
  Ipv4 data_path_address_;             // likewise
  io::Timer retry_timer_;
  io::Timer audit_timer_;
  std::string told_failures_;  // in the log
  Duration retry_pause_{0};    // after the last attempt; zero: it failed in nothing
  bool is_due_ = false;
  plan::NetworkView surroundings_;
  bool asks_paths_ = true, has_path_news_ = true;
  uint64_t hosts_version_ = 0;
  std::pair<Ipv4, uint32_t> underlay_;  // our tunnel endpoint and its device
  TimePoint last_pass_;
  uint64_t passes_ = 0;
  WallTime passed_at_;
  plan::ApplyFailures failures_;  // of the last pass
  bool has_news_ = false;
  io::Timer news_timer_;
  PortWatch port_watch_;
};

}  // namespace skein::overlay
