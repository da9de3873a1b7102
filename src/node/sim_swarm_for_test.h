// A whole swarm in virtual time: one manager, hosts with the real gossip, networking, names and plans of their data
// paths, and faults drawn from a seed. Every host has a container "probe-N" beside those of tasks. For tests only.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "node/sim_manager_for_test.h"
#include "node/sim_worker_for_test.h"

namespace skein::node {

class SimSwarm {
 public:
  SimSwarm(uint64_t seed, size_t hosts) : random_(seed), cluster_(seed) {
    api::Network network;
    network.set_id("appnet");
    network.mutable_spec()->mutable_annotations()->set_name("appnet");
    network.mutable_spec()->set_attachable(true);
    network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet("10.0.0.0/16");
    start_manager();
    manager().change([&](store::Transaction& tx) {
      api::Cluster cluster;
      cluster.set_id("cluster");
      cluster.mutable_spec()->mutable_orchestration()->set_task_history_retention_limit(2);
      tx.create(cluster);
      for (size_t i = 0; i < hosts; ++i) {
        api::Node node;
        node.set_id(node_of(i));
        node.mutable_description()->set_hostname(node_of(i));
        tx.create(node);
      }
    });
    manager().create_network(network);
    for (size_t i = 0; i < hosts; ++i) {
      cluster_.join();
      workers_.push_back(std::make_unique<SimWorker>(cluster_, i, random_));
      add_probe(i);
    }
  }

  SimManager& manager() { return *manager_; }
  bool has_manager() const { return manager_ != nullptr; }
  SimWorker& worker(size_t i) { return *workers_[i]; }
  size_t size() const { return workers_.size(); }
  TimePoint now() const { return cluster_.net.now(); }
  static std::string node_of(size_t i) { return "node-" + std::to_string(i); }

  // ---- faults; the manager lives on host 0
  void kill_daemon(size_t i, bool with_containers) {
    if (with_containers)
      workers_[i]->crash(), probes_.erase(i);
    else
      workers_[i]->kill_daemon();
    if (i == 0) manager_.reset();
    if (manager_) manager_->lose(node_of(i));
    sessions_.erase(i);
  }
  void start_daemon(size_t i) {
    if (i == 0) start_manager();
    workers_[i]->start_daemon();
    if (!probes_.contains(i)) {
      cluster_.hosts[i]->manager->forget(probe_of(i), "/run/skein/netns/" + probe_of(i));
      add_probe(i);
    }
  }
  void cut(size_t i) {
    cluster_.net.partition({i});
    cut_.insert(i);
  }
  void heal() {
    cluster_.net.heal();
    cut_.clear();
  }

  // ---- time
  void run(Duration time) {
    run_until_true(time, [] { return false; });
  }
  bool run_until_true(Duration limit, const std::function<bool()>& is_true) {
    return cluster_.net.run_until_true(limit, [&] {
      step();
      return is_true();
    });
  }

  // ---- the judge: what names, balancing and forwarding of the hosts say, against the store; empty when they agree
  std::vector<std::string> disagreements(const std::set<std::string>& names_ever_used);

 private:
  static std::string probe_of(size_t i) { return "probe-" + std::to_string(i); }
  static Ipv4 probe_address(size_t i) { return ip("10.0.255." + std::to_string(10 + i)); }  // tasks' begin at 10.0.0.2
  bool is_connected(size_t i) const { return manager_ && workers_[i]->is_up() && cut_.contains(i) == cut_.contains(0); }
  void start_manager() {
    clock_.time = cluster_.net.now();
    manager_ = std::make_unique<SimManager>(disk_, clock_, random_);
    sessions_.clear();
  }
  void add_probe(size_t i) {
    agent::EndpointRequest endpoint;
    endpoint.network = "appnet";
    cluster_.doors[i]->attachments["appnet"] = {
        probe_of(i), agent::network_info(*manager_->view().get<api::Network>("appnet")), probe_address(i)};
    cluster_.begin_attaching(i, {probe_of(i), probe_of(i), probe_of(i), {endpoint}, {}, {}, false});
    probes_.insert(i);
  }
  void step() {
    clock_.time = now();
    cluster_.carry_events();
    if (manager_) manager_->step();
    const bool is_audit = now() >= next_audit_;  // the daemons' timers, which know no virtual time
    if (is_audit) next_audit_ = now() + 1s;
    for (size_t i = 0; i < workers_.size(); ++i) {
      if (is_audit && cluster_.hosts[i]) cluster_.hosts[i]->manager->look();
      if (is_connected(i)) {
        talk(i);
      } else if (sessions_.erase(i) && manager_) {
        manager_->lose(node_of(i));
      }
      workers_[i]->step();
    }
  }
  void talk(size_t i) {
    if (manager_->hear(node_of(i))) {
      sessions_.insert(i);
      workers_[i]->session_began();
    }
    if (!sessions_.contains(i)) return;
    if (auto message = manager_->tell(node_of(i))) workers_[i]->take(*message);
    for (const auto& [task, status] : workers_[i]->take_reports()) manager_->report(node_of(i), task, status);
  }

  SeededRandom random_;
  SimClock clock_;
  std::shared_ptr<store::MemoryJournal::Contents> disk_ = std::make_shared<store::MemoryJournal::Contents>();
  agent::Cluster cluster_;
  std::unique_ptr<SimManager> manager_;
  std::vector<std::unique_ptr<SimWorker>> workers_;
  std::set<size_t> sessions_, cut_, probes_;
  TimePoint next_audit_{0};
};

inline std::vector<std::string> SimSwarm::disagreements(const std::set<std::string>& names_ever_used) {
  // The truth.
  struct Service {
    Ipv4 virtual_ip;
    std::set<Ipv4> backends;
  };
  std::map<std::string, Service> services;
  std::map<Ipv4, Ipv4> hosts_of;  // of every endpoint
  for (const auto& [id, task] : manager_->view().all<api::Task>()) {
    if (task->status().state() != api::RUNNING || task->desired_state() != api::RUNNING) continue;
    const Ipv4 address = InterfaceAddress::parse(task->networks(0).addresses(0)).value().address;
    Service& service = services[task->service_annotations().name()];
    service.virtual_ip = InterfaceAddress::parse(task->endpoint().virtual_ips(0).addr()).value().address;
    service.backends.insert(address);
    const size_t host = std::stoul(task->node_id().substr(5));
    hosts_of[address] = gossip::SimNetwork::address_of(host).host.v4;
  }
  for (size_t i : probes_) hosts_of[probe_address(i)] = gossip::SimNetwork::address_of(i).host.v4;

  std::vector<std::string> out;
  auto compare = [&](size_t host, const std::string& what, const std::set<Ipv4>& is, const std::set<Ipv4>& should_be) {
    if (is == should_be) return;
    std::string text = node_of(host) + ": " + what + ":";
    for (Ipv4 address : is) text += ' ' + address.text();
    text += ", but should be:";
    for (Ipv4 address : should_be) text += ' ' + address.text();
    out.push_back(text);
  };
  for (size_t i = 0; i < size(); ++i) {
    agent::Host& host = *cluster_.hosts[i];
    for (const auto& name : names_ever_used) {
      const bool exists = services.contains(name);
      compare(i, name, host.found(probe_of(i), name), exists ? std::set{services[name].virtual_ip} : std::set<Ipv4>());
      compare(i, "tasks." + name, host.found(probe_of(i), "tasks." + name),
              exists ? services[name].backends : std::set<Ipv4>());
    }
    const plan::Intent& intent = host.kernel.applied.back();
    const Ipv4 own = gossip::SimNetwork::address_of(i).host.v4;
    std::map<Ipv4, std::set<Ipv4>> balanced;
    for (const auto& [key, entry] : intent.services)
      for (const auto& backend : entry.backends)
        if (backend.weight > 0) balanced[key.address].insert(backend.address);
    for (const auto& [name, service] : services) {
      compare(i, "backends of " + name, balanced[service.virtual_ip], service.backends);
      balanced.erase(service.virtual_ip);
    }
    for (const auto& [address, backends] : balanced) compare(i, "backends of " + address.text(), backends, {});
    std::map<Ipv4, std::set<Ipv4>> there, should;  // remote endpoints by host
    for (const auto& [key, entry] : intent.endpoints)
      if (entry.where == plan::EndpointEntry::Where::kRemote) there[entry.host].insert(key.address);
    for (const auto& [address, at] : hosts_of)
      if (at != own) should[at].insert(address);
    for (const auto& [at, addresses] : should)
      compare(i, "endpoints at " + at.text(), there[at], addresses), there.erase(at);
    for (const auto& [at, addresses] : there) compare(i, "endpoints at " + at.text(), addresses, {});
  }
  return out;
}

}  // namespace skein::node
