// The manager of a swarm on this host: the remote API on TCP 2377 and every change that a user may ask for.
//
// Owns the services; the store is opened by the caller and outlives it. On the loop's thread. Errors carry Docker's
// words. Closed before it is destroyed, unless the loop has dropped all coroutines; who waits for an answer then, gets
// it, or hears that the node has left (manager_request.h).
#pragma once

#include <memory>

#include "cluster/control.h"
#include "io/loop/task_scope.h"
#include "io/rpc/server.h"
#include "manager/addresses/resource_allocator.h"
#include "manager/bootstrap.h"
#include "manager/ca/ca_service.h"
#include "manager/ca/rotation_driver.h"
#include "manager/dispatcher/dispatcher.h"
#include "manager/keys/key_rotation_driver.h"
#include "manager/logs/log_broker.h"
#include "manager/loops/control_loops.h"
#include "manager/services/dependency_desk.h"
#include "manager/services/service_desk.h"

namespace skein::manager {

class Manager final : public cluster::Control {
 public:
  template <class T>
  using Reply = cluster::Reply<T>;

  // Fills an empty store with the first objects of a swarm; the ingress network gets its subnet here.
  static Reply<void> initialise(store::Store& store, FirstObjects objects);

  // `store` holds a swarm.
  static Result<std::unique_ptr<Manager>> start(const boost::asio::any_io_executor& executor, rpc::Transport& transport,
                                                store::Store& store, std::shared_ptr<rpc::TlsConfig> tls,
                                                IpAddress listen_address, uint16_t listen_port, Clock& clock,
                                                Random& random, Duration key_rotation_period = kKeyRotationPeriod);
  ~Manager() override;
  // Ends all calls and everything that runs; transactions that have begun are ended first.
  boost::asio::awaitable<void> close();

  // ---- cluster::Control
  const store::Tables& view() const override { return store_.view(); }
  cluster::Logs& logs() override { return logs_; }
  cluster::Services& services() override { return services_; }
  cluster::Dependencies<store::api::Secret>& secrets() override { return secrets_; }
  cluster::Dependencies<store::api::Config>& configs() override { return configs_; }
  Reply<std::string> create_network(store::api::NetworkSpec spec) override;
  Reply<void> remove_network(std::string id) override;
  Reply<void> update_node(std::string id, uint64_t version, store::api::NodeSpec spec) override;
  Reply<void> remove_node(std::string id, bool is_forced) override;
  Reply<void> update_cluster(uint64_t version, std::optional<store::api::ClusterSpec> spec,
                             cluster::Rotation rotation) override;

 private:
  Manager(const boost::asio::any_io_executor& executor, rpc::Transport& transport, store::Store& store,
          std::shared_ptr<rpc::TlsConfig> tls, Clock& clock, Random& random, Duration key_rotation_period);

  Reply<std::string> make_network(store::api::NetworkSpec spec);
  Reply<void> store_network(store::api::Network& network);
  Reply<void> drop_network(std::string id);
  Reply<void> change_node(std::string id, uint64_t version, store::api::NodeSpec spec);
  Reply<void> drop_node(std::string id, bool is_forced);
  Reply<void> change_cluster(uint64_t version, std::optional<store::api::ClusterSpec> spec, cluster::Rotation rotation);

  io::TaskScope tasks_;
  store::Store& store_;
  Random& random_;
  ServiceDesk services_;
  DependencyDesk<store::api::Secret> secrets_;
  DependencyDesk<store::api::Config> configs_;
  CaService ca_;
  Dispatcher dispatcher_;
  LogBroker logs_;
  ResourceAllocator resources_;
  RotationDriver rotation_;
  KeyRotationDriver key_rotation_;
  ControlLoops loops_;
  rpc::Server server_;
};

}  // namespace skein::manager
