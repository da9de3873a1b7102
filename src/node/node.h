// This host's part in a swarm as a whole: none, worker or manager; how it enters, leaves and comes back after a
// restart.
//
// Entering is all or nothing: when `init` or `join` fails, the host is as before. On the loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "api/swarm/swarm_control.h"
#include "io/file/kept_file.h"
#include "manager/manager.h"
#include "node/host_addresses.h"
#include "node/node_files.h"
#include "overlay/peers/locked_swarm.h"
#include "store/sealed_journal.h"
#include "store/store.h"

namespace skein::node {

using OpenJournal = std::function<Result<std::unique_ptr<store::Journal>>(const std::string& path)>;

struct NodeParts {
  boost::asio::io_context& loop;
  overlay::LocalNetworks& local_networks;
  overlay::NetworkManager& networks;
  engine::Engine& engine;
  containers::HealthBoard& health;
  rpc::Transport& transport;
  io::GossipWire& gossip;
  HostAddresses& addresses;
  OpenJournal open_journal;
  Clock& clock;
  Random& random;
  std::string swarm_directory;  // e.g. /var/lib/skein/swarm
  std::string engine_version;
  const model::EngineSettings& engine_settings;  // as they are now
  agent::TaskRunnerOptions tasks;
  Duration key_rotation_period;  // where this node is the manager
};

class Node final : public api::SwarmControl {
 public:
  explicit Node(NodeParts parts);
  ~Node() override;

  // Where the changes to the swarm's objects are told while this node is a manager. Set once, before resume().
  void observe(store::Store::Watcher observer) { observer_ = std::move(observer); }

  // Takes up the swarm that this node was part of, if any. What cannot be done now (an address that is not there yet, a
  // port that is taken) is tried again until it can, or the node leaves; until then there is trouble().
  boost::asio::awaitable<void> resume();
  // The engine and the containers API are up: tasks are run from here on, in later swarms too.
  void run_tasks();

  // Ends all that runs, and stays in the swarm. Before it is destroyed, unless the loop has dropped all coroutines.
  boost::asio::awaitable<void> close();

  boost::asio::awaitable<Result<std::string>> init(api::InitRequest request) override;
  boost::asio::awaitable<Result<void>> join(api::JoinRequest request) override;
  boost::asio::awaitable<Result<void>> leave(bool is_forced) override;

  bool is_locked() override { return is_locked_; }
  boost::asio::awaitable<Result<void>> unlock(std::string key) override;
  void unlock_key_shown(const std::string& key) override;

  std::optional<Error> trouble() override { return trouble_; }
  manager::Manager* manager() override { return manager_.get(); }
  agent::Agent* agent() override { return agent_.get(); }
  overlay::LocalNetworks& local_networks() override { return parts_.local_networks; }
  overlay::NetworkManager& networks() override { return parts_.networks; }

 private:
  // Two entries at once would trip over each other's files.
  class Entering {
   public:
    explicit Entering(Node& node) : node_(node) { node_.is_entering_ = true; }
    ~Entering() { node_.is_entering_ = false; }
    Entering(const Entering&) = delete;
    Entering& operator=(const Entering&) = delete;

   private:
    Node& node_;
  };
  static Error daemon_ends();
  struct Addresses {
    ListenAddress listen;
    HostPort advertise;  // host empty on a worker that was told none
    std::optional<Ipv4> data_path;
  };
  Result<Addresses> choose_addresses(const std::string& listen, const std::string& advertise,
                                     const std::string& data_path, bool is_manager) const;
  Result<void> check_ports(const Addresses& addresses, bool is_manager) const;
  Result<void> check_can_enter() const;
  boost::asio::awaitable<Result<std::string>> init_or_undo(api::InitRequest request);
  boost::asio::awaitable<Result<void>> join_or_undo(api::JoinRequest request);
  boost::asio::awaitable<Result<void>> leave_swarm(bool is_forced);
  boost::asio::awaitable<Result<void>> unlock_swarm(std::string text);
  boost::asio::awaitable<Result<std::string>> try_init(api::InitRequest request);
  boost::asio::awaitable<Result<void>> try_join(api::JoinRequest request);
  boost::asio::awaitable<Result<void>> try_resume();
  boost::asio::awaitable<void> resume_later();
  boost::asio::awaitable<Result<void>> start_manager(ListenAddress listen);
  boost::asio::awaitable<Result<void>> try_start_manager(ListenAddress listen);
  void stop_manager();
  void stay_locked(const NodeState& state);
  Result<void> seal_keys();
  void renew_store_key_if_due();
  boost::asio::awaitable<void> renew_store_key(std::shared_ptr<store::Store> store);
  boost::asio::awaitable<void> remove_task_containers();
  void start_agent(agent::Identity identity, NodeState state, const Addresses& addresses);
  boost::asio::awaitable<Result<void>> abandon();

  NodeParts parts_;
  io::TaskScope tasks_;
  NodeFiles files_;
  NodeState state_;
  io::KeptFile state_file_{tasks_, "state.json", [this] { return files_.save_state(state_); }};
  io::KeptFile key_file_{tasks_, "swarm-node.key", [this] { return seal_keys(); }};
  bool is_entering_ = false;
  bool is_locked_ = false;  // until somebody gives the unlock key
  bool is_renewing_ = false;
  std::string shown_key_;  // the unlock key that somebody knows
  bool can_run_tasks_ = false;
  bool is_in_swarm_ = false;              // by the files on disk, even when it could not be resumed
  std::optional<Error> trouble_;          // why this node is not, or not all, of what the files say; being retried
  std::optional<ListenAddress> manages_;  // where a node that was a manager is to listen; none on a worker
  std::shared_ptr<rpc::TlsConfig> tls_;
  store::SealedJournal* journal_ = nullptr;  // the store's
  std::shared_ptr<store::Store> store_;      // with the renewal of its key while that runs
  store::Store::Watcher observer_;
  store::Store::Watch watch_, key_watch_;
  std::unique_ptr<manager::Manager> manager_;
  std::unique_ptr<manager::Manager> closing_;     // while it ends what it began
  std::unique_ptr<overlay::LockedSwarm> locked_;  // keeps the data path up until there is an agent
  std::unique_ptr<agent::Agent> agent_;
};

}  // namespace skein::node
