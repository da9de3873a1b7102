// All that lives as long as the daemon, in the order in which it is made, between the doors to the outside: wiring.cc
// opens those of a real host, the simulation made-up ones.
//
// What coroutines that nobody waits for use is here, not in a coroutine. So it is destroyed after the loop has dropped
// them (io/loop/context.h), and before what the doors lead to. On the loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/api.h"
#include "node/node.h"

namespace skein::node {

struct Doors {
  boost::asio::io_context& loop;
  Clock& clock;
  Random& random;
  rpc::Transport& transport;
  io::GossipWire& gossip;
  HostAddresses& addresses;
  OpenJournal open_journal;
  // Called once, when nothing else can tell that another daemon runs on this host.
  std::function<Result<overlay::HostNetwork*>()> open_network;
  engine::Engine& engine;
  std::function<boost::asio::awaitable<Result<void>>()> start_engine;
  std::string root_directory;         // survives a reboot
  agent::VolatileRoot volatile_root;  // does not, and is on no disk
  Duration key_rotation_period;
  model::EngineSettings engine_settings = {};
};

class Daemon {
 public:
  explicit Daemon(Doors doors) : doors_(std::move(doors)) {}

  // Once. Then the routes are there, to be served.
  boost::asio::awaitable<Result<void>> start();

  // Ends all that runs, and returns when it has ended. Containers and the data path go on. Before it is destroyed,
  // unless the loop has dropped all coroutines.
  boost::asio::awaitable<void> close();

  // What the administrator says of the engine, anew: the manager is told.
  void configure(model::EngineSettings settings);

  Node& node() { return *node_; }
  io::http::Router& router() { return router_; }
  // What it tells Prometheus, apart: who may read that may do nothing else.
  io::http::Router& metrics_router() { return metrics_router_; }

 private:
  boost::asio::awaitable<Result<void>> open_networks();
  void make_node();
  void make_api();
  std::vector<control::HostPrefix> own_prefixes() const;

  Doors doors_;
  std::string id_;
  std::optional<store::Store> local_store_;  // of this host alone
  std::unique_ptr<overlay::LocalNetworks> local_networks_;
  std::optional<overlay::NetworkManager> networks_;
  agent::TaskRunnerOptions tasks_;
  containers::HealthBoard health_;
  std::optional<Node> node_;
  io::http::Router router_, metrics_router_;
  std::optional<api::Api> api_;
};

}  // namespace skein::node
