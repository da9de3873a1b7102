// Nodes and tasks in a store, for tests of the scheduler.
#pragma once

#include <map>
#include <set>
#include <string>

#include "control/scheduler/generic_resources.h"
#include "control/scheduler/scheduler.h"

namespace skein::control {

struct TestSwarm {
  store::Tables tables;
  WallTime now{1'700'000'000'000'000'000};
  uint64_t index = 1;
  int task_count = 0;
  ScheduleWork news;  // of all that was done here, until somebody takes it

  template <class Act>
  auto in_transaction(Act act) {
    store::Transaction tx(tables, ++index, now);
    if constexpr (std::is_void_v<decltype(act(tx))>) {
      act(tx);
      news.take(tx.changes());
    } else {
      auto out = act(tx);
      news.take(tx.changes());
      return out;
    }
  }
  ScheduleOutcome schedule() {
    ScheduleWork all;
    all.everything = true;
    return schedule(all);
  }
  ScheduleOutcome schedule(const ScheduleWork& work, const StartLimits& limits = {}) {
    return in_transaction([&](store::Transaction& tx) { return control::schedule(tx, work, limits); });
  }
  void enforce(const std::string& node_id) {
    in_transaction([&](store::Transaction& tx) { enforce_constraints(tx, node_id); });
  }
  template <class T>
  void put(const T& object) {
    in_transaction([&](store::Transaction& tx) {
      if (tables.get<T>(object.id())) return tx.update(object);
      tx.create(object);
    });
  }

  // A ready Linux node with much of everything and the plugins of our own.
  static api::Node node(const std::string& id) {
    api::Node out;
    out.set_id(id);
    out.mutable_status()->set_state(api::NodeStatus::READY);
    auto* description = out.mutable_description();
    description->set_hostname("host-" + id);
    description->mutable_platform()->set_os("linux");
    description->mutable_platform()->set_architecture("x86_64");
    description->mutable_resources()->set_nano_cpus(4'000'000'000);
    description->mutable_resources()->set_memory_bytes(8'000'000'000);
    for (const char* type : {"Network/overlay", "Volume/local", "Log/json-file"}) {
      std::string text = type;
      auto* plugin = description->mutable_engine()->add_plugins();
      plugin->set_type(text.substr(0, text.find('/')));
      plugin->set_name(text.substr(text.find('/') + 1));
    }
    return out;
  }
  void add_nodes(std::initializer_list<const char*> ids) {
    for (const char* id : ids) put(node(id));
  }
  static void set_label(api::Node& node, const std::string& key, const std::string& value) {
    (*node.mutable_spec()->mutable_annotations()->mutable_labels())[key] = value;
  }

  // A task of the service that waits for a node. Ids sort in the order of creation.
  api::Task task(const std::string& service_id) {
    api::Task out;
    std::string number = std::to_string(++task_count);
    out.set_id("t" + std::string(6 - number.size(), '0') + number);
    out.set_service_id(service_id);
    out.mutable_spec_version()->set_index(1);
    out.mutable_spec()->mutable_container()->set_image("app");
    out.set_desired_state(api::RUNNING);
    out.mutable_status()->set_state(api::PENDING);
    out.mutable_status()->set_message("pending task scheduling");
    return out;
  }
  std::string add(const api::Task& task) {
    put(task);
    return task.id();
  }
  void add_tasks(const api::Task& like, int count) {
    for (int i = 0; i < count; ++i) {
      api::Task each = like;
      each.set_id(task(like.service_id()).id());
      put(each);
    }
  }
  std::string add_running(api::Task task, const std::string& node_id) {
    task.set_node_id(node_id);
    task.mutable_status()->set_state(api::RUNNING);
    return add(task);
  }

  const api::Task& get(const std::string& task_id) const { return *tables.get<api::Task>(task_id); }
  const std::string& err(const std::string& task_id) const { return get(task_id).status().err(); }
  const std::string& node_of(const std::string& task_id) const { return get(task_id).node_id(); }
  std::map<std::string, int> per_node(const std::string& service_id) const {
    std::map<std::string, int> out;
    for (const auto& [id, node] : tables.all<api::Node>()) out[id] = 0;
    for (const auto& task : tables.tasks_of_service(service_id))
      if (!task->node_id().empty() && model::is_live(*task)) ++out[task->node_id()];
    return out;
  }
};

inline void reserve(api::Task& task, int64_t nano_cpus, int64_t memory_bytes) {
  auto* reservations = task.mutable_spec()->mutable_resources()->mutable_reservations();
  reservations->set_nano_cpus(nano_cpus);
  reservations->set_memory_bytes(memory_bytes);
}

inline void add_discrete(GenericList& list, const std::string& kind, int64_t count) {
  auto* discrete = list.Add()->mutable_discrete_resource_spec();
  discrete->set_kind(kind);
  discrete->set_value(count);
}

inline void add_named(GenericList& list, const std::string& kind, const std::string& name) {
  auto* named = list.Add()->mutable_named_resource_spec();
  named->set_kind(kind);
  named->set_value(name);
}

inline void publish_on_host(api::Task& task, uint32_t port, api::PortConfig::Protocol protocol = api::PortConfig::TCP) {
  auto* config = task.mutable_endpoint()->add_ports();
  config->set_publish_mode(api::PortConfig::HOST);
  config->set_published_port(port);
  config->set_target_port(80);
  config->set_protocol(protocol);
}

}  // namespace skein::control
