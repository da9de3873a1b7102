// This node as a member of a swarm: its session with the managers, its gossip with the other hosts, its certificate,
// and the tasks that it runs.
//
// On the loop's thread. Created with an identity; gone when the node leaves.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <set>

#include "agent/logs/log_publisher.h"
#include "agent/session/identity_keeper.h"
#include "agent/session/session.h"
#include "agent/tasks/task_runner.h"
#include "io/gossip/gossip_wire.h"
#include "io/loop/task_scope.h"
#include "io/loop/timer.h"
#include "model/engine_settings.h"
#include "overlay/peers/swarm_door.h"
#include "overlay/reconcile/network_manager.h"

namespace skein::agent {

struct AgentOptions {
  Identity identity;
  std::vector<HostPort> managers;
  IpAddress listen;                       // gossip binds to it; unspecified: all addresses
  std::optional<IpAddress> advertise;     // where the other hosts reach this one; else the address towards the manager
  std::optional<Ipv4> data_path_address;  // tunnel endpoint; else the advertised address
  std::optional<IpAddress> last_local_address;  // of an earlier session: our tunnels work before the next one
  uint16_t last_data_path_port = 0;
  std::string engine_version;
  const model::EngineSettings* engine_settings = nullptr;  // never null; describe_anew() when they have changed
  TaskRunnerOptions tasks;
};

struct AgentHooks {
  std::function<Result<void>(const Identity&)> save_identity;  // renewed: to be kept on disk, all of it or nothing
  std::function<void()>
      on_session;  // managers, our own address or the tunnels' port may have changed: to be kept on disk
};

class Agent final : public overlay::SwarmDoor {
 public:
  Agent(boost::asio::io_context& loop, rpc::Transport& transport, io::GossipWire& gossip, AgentOptions options,
        AgentHooks hooks, std::shared_ptr<rpc::TlsConfig> tls, engine::Engine& engine,
        overlay::NetworkManager& networks, containers::HealthBoard& health, Clock& clock, Random& random);
  ~Agent() override;

  void start();
  // The engine and the containers API are up: from here on assigned tasks are run.
  void run_tasks() { tasks_.start(); }
  // What the engine tells.
  TaskRunner& tasks() { return tasks_; }
  LogPublisher& logs() { return logs_; }
  // Until the first session, or the reason why there is none within `patience`.
  boost::asio::awaitable<Result<void>> wait_until_registered(Duration patience);
  // Removes the containers of tasks, and says farewell to the other hosts (at most a second).
  boost::asio::awaitable<void> leave();
  // Ends all that runs; attachments that are waited for are refused. Before it is destroyed, unless the loop has
  // dropped all coroutines.
  boost::asio::awaitable<void> close();

  const Identity& identity() const { return keeper_.identity(); }
  const api::Node& node() const { return node_; }  // as the manager last told it
  bool is_registered() const { return session_ && session_->is_registered(); }
  const Error& last_error() const { return last_error_; }
  // Why gossip could not be started, which is tried again.
  const std::optional<Error>& gossip_error() const { return gossip_error_; }
  std::vector<HostPort> managers() const;
  std::vector<std::pair<std::string, std::string>> manager_peers() const { return manager_peers_; }  // node id, address
  std::optional<IpAddress> advertise_address() const;
  // Hosts that are on the network, for `network inspect`: gossip name and address.
  std::vector<std::pair<std::string, std::string>> network_peers(const std::string& network_id) const;

  // Of these hosts, those of whose names and endpoints nothing is heard: no gossip with them (port 7946 closed?).
  std::vector<IpAddress> unheard(std::vector<IpAddress> hosts) const;

  boost::asio::awaitable<Result<overlay::Attachment>> attach(overlay::EndpointRequest request,
                                                             std::string container_id) override;
  void detach(const std::string& attachment_id) override;
  void describe_anew() override { session_->reopen(); }
  Result<Ipv4> data_path_address() const override;
  uint16_t data_path_port() const override;
  gossip::Gossip* gossip() override { return gossip_.get(); }
  // Null as long as there is no gossip.
  const io::GossipDriver* gossip_driver() const { return gossip_driver_.get(); }
  void flush_gossip() override;
  TimePoint now() const override { return clock_.now(); }

 private:
  void take_message(const api::SessionMessage& message);
  void take_tasks();
  void take_keys(const api::SessionMessage& message);
  void join_managers();
  void start_gossip(std::vector<std::string> keys);
  Result<void> open_gossip(std::vector<std::string> keys);
  boost::asio::awaitable<void> start_gossip_later(std::vector<std::string> keys);
  std::vector<gossip::PeerAddress> bootstrap_peers() const;
  boost::asio::awaitable<Result<overlay::Attachment>> obtain_attachment(overlay::EndpointRequest request,
                                                                        std::string container_id);
  boost::asio::awaitable<Result<overlay::Attachment>> ask_for_attachment(overlay::EndpointRequest request,
                                                                         std::string container_id);
  void detach_left();
  void drop_forgotten();
  boost::asio::awaitable<void> disconnect(std::string container_id, std::string network);
  boost::asio::awaitable<void> detach_left_later();
  boost::asio::awaitable<void> detach_until_known(std::string attachment_id);

  boost::asio::io_context& loop_;
  rpc::Transport& calls_;
  io::GossipWire& gossip_wire_;
  AgentOptions options_;
  AgentHooks hooks_;
  std::shared_ptr<rpc::TlsConfig> tls_;
  overlay::NetworkManager& networks_;
  Clock& clock_;
  Random& random_;
  io::TaskScope work_;
  IdentityKeeper keeper_;
  TaskRunner tasks_;
  LogPublisher logs_;
  std::unique_ptr<Session> session_;
  std::string gossip_name_;  // chosen at the first attempt to begin; until one works nothing is sent under it
  std::string gossip_metadata_;
  std::unique_ptr<gossip::Gossip> gossip_;
  std::unique_ptr<io::GossipDriver> gossip_driver_;
  api::Node node_;
  std::vector<std::pair<std::string, std::string>> manager_peers_;
  std::multiset<std::string> attaching_;         // containers for which an attachment is on its way
  std::map<std::string, TimePoint> handed_out_;  // attachments not yet in their asker's book, believed in until then
  std::set<std::string> detaching_;              // attachments being given back
  io::Timer changed_;                            // cancelled at every change, to wake waiters
  io::Timer farewell_;
  io::Timer gossip_retry_;
  std::optional<Error> gossip_error_;
  Error last_error_;
};

}  // namespace skein::agent
