// A manager's control loops on a store in memory, and what users and nodes do to it. For tests only.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "manager/addresses/network_addresses.h"
#include "manager/loops/control_loops.h"
#include "manager/services/service_desk.h"
#include "store/memory_journal.h"

namespace skein::manager {

namespace asio = boost::asio;
namespace api = store::api;
using testing::HasSubstr;

class Loops : public testing::Test {
 protected:
  Loops() {
    change([&](store::Transaction& tx) {
      api::Cluster cluster;
      cluster.set_id("cluster");
      tx.create(cluster);
      for (const auto& [name, subnet] :
           {std::pair("blue", "10.1.0.0/24"), std::pair("tiny", "10.2.0.0/29"), std::pair("wide", "10.3.0.0/20")}) {
        api::Network network;
        network.set_id(name);
        network.mutable_spec()->mutable_annotations()->set_name(name);
        network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet(subnet);
        tx.create(*with_subnets(network, tx.view()));
      }
    });
    loops_.start();
    settle();
  }
  ~Loops() override { close(tasks_); }

  void close(io::TaskScope& tasks) {
    asio::co_spawn(io_, tasks.close(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    settle();
  }

  // Until nobody has anything to do but to wait for time.
  void settle() {
    io_.restart();
    io_.poll();
  }
  void change(const std::function<void(store::Transaction&)>& decide) {
    auto run = [&]() -> asio::awaitable<void> {
      auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
        decide(tx);
        return {};
      });
      EXPECT_TRUE(done.ok());
    };
    asio::co_spawn(io_, run(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    settle();
  }
  void add_node(const std::string& id) {
    change([&](store::Transaction& tx) {
      api::Node node;
      node.set_id(id);
      node.mutable_description()->set_hostname("host-" + id);
      node.mutable_status()->set_state(api::NodeStatus::READY);
      *node.mutable_status()->mutable_ready_since() = model::to_timestamp(tx.now());
      tx.create(node);
    });
  }
  void change_node(const std::string& id, const std::function<void(api::Node&)>& edit) {
    change([&](store::Transaction& tx) {
      api::Node node = *tx.view().get<api::Node>(id);
      edit(node);
      tx.update(node);
    });
  }
  void add_ingress() {
    change([](store::Transaction& tx) {
      api::Network network;
      network.set_id("mesh");
      network.mutable_spec()->mutable_annotations()->set_name("ingress");
      network.mutable_spec()->set_ingress(true);
      network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet("10.4.0.0/28");
      tx.create(*with_subnets(network, tx.view()));
    });
  }
  static api::ServiceSpec published(const std::string& name, uint64_t replicas, uint32_t port) {
    api::ServiceSpec spec;
    spec.mutable_annotations()->set_name(name);
    spec.mutable_task()->mutable_container()->set_image("web");
    spec.mutable_task()->mutable_restart()->set_condition(api::RestartPolicy::ANY);
    spec.mutable_task()->mutable_restart()->mutable_delay();  // none
    spec.mutable_task()->add_networks()->set_target("blue");
    spec.mutable_replicated()->set_replicas(replicas);
    spec.mutable_endpoint()->add_ports()->set_target_port(80);
    spec.mutable_endpoint()->mutable_ports(0)->set_published_port(port);
    return spec;
  }
  Result<ServiceDesk::Warnings> update(const std::string& id, api::ServiceSpec spec, bool wants_rollback = false) {
    Result<ServiceDesk::Warnings> out = make_error(Code::kInternal, "");
    auto run = [&]() -> asio::awaitable<void> {
      const uint64_t version = store_.view().get<api::Service>(id)->meta().version().index();
      out = co_await desk_.update(id, version, std::move(spec), wants_rollback);
    };
    asio::co_spawn(io_, run(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    settle();
    return out;
  }
  std::string create(const std::string& name, uint64_t replicas, const std::string& network, bool has_vip = true) {
    api::ServiceSpec spec;
    spec.mutable_annotations()->set_name(name);
    spec.mutable_task()->mutable_container()->set_image("web");
    spec.mutable_task()->mutable_restart()->set_condition(api::RestartPolicy::ANY);
    spec.mutable_task()->mutable_restart()->mutable_delay();  // none
    spec.mutable_task()->add_networks()->set_target(network);
    spec.mutable_replicated()->set_replicas(replicas);
    if (!has_vip) spec.mutable_endpoint()->set_mode(api::EndpointSpec::DNSRR);
    return create(spec);
  }
  std::string create(api::ServiceSpec spec) {
    std::string id;
    auto run = [&]() -> asio::awaitable<void> {
      auto created = co_await desk_.create(std::move(spec));
      EXPECT_TRUE(created.ok()) << created.error().text();
      if (created.ok()) id = created->id;
    };
    asio::co_spawn(io_, run(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    settle();
    return id;
  }
  void remove(const std::string& id) {
    auto run = [&]() -> asio::awaitable<void> { EXPECT_TRUE((co_await desk_.remove(id)).ok()); };
    asio::co_spawn(io_, run(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    settle();
  }
  // What a node reports.
  void report(const std::string& task_id, api::TaskState state) {
    change([&](store::Transaction& tx) {
      api::Task task = *tx.view().get<api::Task>(task_id);
      task.mutable_status()->set_state(state);
      *task.mutable_status()->mutable_applied_at() = model::to_timestamp(tx.now());
      tx.update(task);
    });
  }
  // Nodes start what they were told to, until nothing comes any more.
  void start_all(const std::string& service) {
    for (bool is_news = true; std::exchange(is_news, false);)
      change([&](store::Transaction& tx) {
        for (const auto& task : tx.view().tasks_of_service(service)) {
          if (task->status().state() != api::ASSIGNED) continue;
          api::Task running = *task;
          running.mutable_status()->set_state(api::RUNNING);
          tx.update(running);
          tx.allow_cut();
          is_news = true;
        }
      });
  }
  size_t running_elsewhere(const std::string& service, const std::string& node) const {
    size_t count = 0;
    for (const auto& task : wanted(service)) count += task->status().state() == api::RUNNING && task->node_id() != node;
    return count;
  }
  std::vector<store::Ref<api::Task>> wanted(const std::string& service) const {
    std::vector<store::Ref<api::Task>> out;
    for (const auto& task : store_.view().tasks_of_service(service))
      if (task->desired_state() <= api::RUNNING) out.push_back(task);
    return out;
  }
  size_t assigned(const std::string& service) const {
    size_t count = 0;
    for (const auto& task : wanted(service)) count += task->status().state() == api::ASSIGNED;
    return count;
  }

  asio::io_context io_;
  io::TaskScope tasks_{io_.get_executor()};
  SeededRandom random_{7};
  store::Store store_{io_.get_executor(),
                      std::make_unique<store::MemoryJournal>(std::make_shared<store::MemoryJournal::Contents>()),
                      system_clock()};
  ServiceDesk desk_{tasks_, store_, random_};
  ControlLoops loops_{tasks_, store_, random_};
};

}  // namespace skein::manager
