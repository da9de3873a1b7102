// A manager and nodes with sessions on a simulated network, in virtual time: the daemon's own Manager, join and
// Session. What a node has of its own (engine, network) is left out.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/session/join.h"
#include "agent/session/session.h"
#include "io/loop/virtual_loop.h"
#include "io/rpc/in_process/network.h"
#include "manager/manager.h"
#include "store/memory_journal.h"

namespace skein::node {

namespace swarm = model::api;
using boost::asio::awaitable;
using namespace std::chrono_literals;

// A node that does at once with its tasks what it is asked to.
class SessionNode {
 public:
  SessionNode(io::VirtualLoop& loop, rpc::Transport& transport, const agent::Identity& identity, HostPort manager,
              Random& random)
      : id(identity.node.node_id),
        loop_(loop),
        tasks_(loop.context().get_executor()),
        session(tasks_, transport,
                *rpc::TlsConfig::create({identity.root_pem, identity.certificate_pem, identity.key_pem}),
                {std::move(manager)}, hooks(), random) {
    session.start();
  }
  ~SessionNode() {
    bool is_closed = false;
    boost::asio::co_spawn(loop_.context(), tasks_.close(), [&](const std::exception_ptr&) { is_closed = true; });
    EXPECT_TRUE(loop_.run_until_true(std::chrono::minutes(1), [&] { return is_closed; }));
  }

  const std::string id;
  int opened = 0, broken = 0;

 private:
  io::VirtualLoop& loop_;
  io::TaskScope tasks_;

 public:
  agent::Session session;

 private:
  agent::SessionHooks hooks() {
    agent::SessionHooks out;
    out.on_tasks = [this](const agent::TaskSet::Difference& change) {
      for (const auto& task : change.updated) report(task);
    };
    out.on_open = [this](const std::shared_ptr<rpc::Channel>&) { ++opened; };
    out.on_broken = [this](const Error&) { ++broken; };
    out.describe = [this] {
      swarm::NodeDescription description;
      description.set_hostname("host-" + id);
      return description;
    };
    return out;
  }
  void report(const std::string& task) {
    swarm::TaskStatus status;
    status.set_state(std::min(session.tasks().tasks().at(task)->desired_state(), swarm::SHUTDOWN));
    session.report(task, status);
  }
};

class ManagedHosts : public testing::Test {
 protected:
  ManagedHosts() {
    manager::InitOptions options;
    options.advertise = {kManager.text(), 2377};
    options.availability = swarm::DRAIN;  // it has no session here
    first_ = *manager::make_first_objects(options, loop_.wall(), random_);
    open_store();
    EXPECT_TRUE(run(manager::Manager::initialise(*store_, first_)).ok());
    start_manager();
  }
  ~ManagedHosts() override { stop_manager(); }

  template <class T>
  T run(awaitable<T> work) {
    std::optional<T> out;
    auto hold = [&]() -> awaitable<void> { out = co_await std::move(work); };
    boost::asio::co_spawn(loop_.context(), hold(), [](const std::exception_ptr& thrown) { SKEIN_ASSERT(!thrown); });
    SKEIN_ASSERT(loop_.run_until_true(1h, [&] { return out.has_value(); }));
    return std::move(*out);
  }

  void start_manager() {
    auto tls = *rpc::TlsConfig::create({first_.cluster.root_ca().ca_cert(), first_.certificate_pem, first_.key_pem});
    manager_ = *manager::Manager::start(loop_.context().get_executor(), network_.host(kManager), *store_, tls, kManager,
                                        2377, loop_, random_);
  }
  void stop_manager() {
    if (!manager_) return;
    bool is_closed = false;
    boost::asio::co_spawn(loop_.context(), manager_->close(), [&](const std::exception_ptr& thrown) {
      EXPECT_FALSE(thrown);
      is_closed = true;
    });
    EXPECT_TRUE(loop_.run_until_true(10s, [&] { return is_closed; }));
    manager_.reset();
  }
  // With what is on disk.
  void open_store() {
    store_ = std::make_unique<store::Store>(loop_.context().get_executor(),
                                            std::make_unique<store::MemoryJournal>(disk_), loop_);
    EXPECT_TRUE(run(store_->open()).ok());
  }

  static IpAddress address(int number) { return IpAddress::from(Ipv4{0x0a000100 + static_cast<uint32_t>(number)}); }
  Result<agent::Identity> join(int number) {
    auto token = wire::JoinToken::parse(store_->view().cluster()->root_ca().join_tokens().worker());
    agent::JoinRequest request{{{kManager.text(), 2377}}, *token};
    return run(agent::obtain_identity(network_.host(address(number)), request, loop_, random_));
  }
  SessionNode& add_node(int number) {
    auto identity = join(number);
    EXPECT_TRUE(identity.ok()) << identity.error().text();
    auto& node = nodes_[number];
    node = std::make_unique<SessionNode>(loop_, network_.host(address(number)), *identity,
                                         HostPort{kManager.text(), 2377}, random_);
    EXPECT_TRUE(loop_.run_until_true(10s, [&] { return is_ready(*node); }));
    return *node;
  }
  void cut(int number) { network_.cut(address(number), kManager), network_.cut(kManager, address(number)); }
  void mend(int number) { network_.mend(address(number), kManager), network_.mend(kManager, address(number)); }

  std::string create_service(const std::string& name, uint64_t replicas) {
    swarm::ServiceSpec spec;
    spec.mutable_annotations()->set_name(name);
    spec.mutable_task()->mutable_container()->set_image("web");
    spec.mutable_replicated()->set_replicas(replicas);
    auto created = run(manager_->services().create(spec));
    EXPECT_TRUE(created.ok()) << created.error().text();
    return created.ok() ? created->id : "";
  }

  swarm::NodeStatus::State state(const SessionNode& node) const {
    auto stored = store_->view().get<swarm::Node>(node.id);
    return stored ? stored->status().state() : swarm::NodeStatus::UNKNOWN;
  }
  bool is_ready(const SessionNode& node) const { return state(node) == swarm::NodeStatus::READY; }
  size_t running_on(const SessionNode& node) const {
    size_t count = 0;
    for (const auto& task : store_->view().tasks_on_node(node.id))
      count += task->status().state() == swarm::RUNNING && task->desired_state() == swarm::RUNNING;
    return count;
  }

  static inline const IpAddress kManager = IpAddress::from(Ipv4{0x0a000001});
  io::VirtualLoop loop_;
  rpc::InProcessNetwork network_{loop_.context()};
  SeededRandom random_{11};
  std::shared_ptr<store::MemoryJournal::Contents> disk_ = std::make_shared<store::MemoryJournal::Contents>();
  manager::FirstObjects first_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<manager::Manager> manager_;
  std::map<int, std::unique_ptr<SessionNode>> nodes_;
};

}  // namespace skein::node
