// What must hold in a simulated swarm, said without the code that makes it hold. At every moment: no address has two
// live holders, and no node is Down that could answer. Whenever it is quiet: the containers of the hosts, the names
// that they answer, what they balance and where they forward are what the manager's store says. For tests only.
#pragma once

#include "io/file/file.h"
#include "node/sim/sim_swarm_for_test.h"

namespace skein::node {

class SimJudge {
 public:
  // A node that was cut off or started anew may be Down for so long afterwards.
  static constexpr Duration kGrace = 60s;

  explicit SimJudge(SimSwarm& swarm) : swarm_(swarm), troubled_(swarm.size(), swarm.loop().now()) {}

  // To be called often; what is wrong is in complaints().
  void look() {
    const TimePoint now = swarm_.loop().now();
    for (size_t i = 0; i < swarm_.size(); ++i)
      if (!swarm_.is_whole(i) || swarm_.host(i).is_stalled() || swarm_.host(0).disk.is_full) troubled_[i] = now;
    if (!swarm_.manager()) return;
    for (size_t i = 0; i < swarm_.size(); ++i) {
      auto node = swarm_.view().get<swarm::Node>(swarm_.node_of(i));
      if (node && node->status().state() == swarm::NodeStatus::DOWN && now - troubled_[i] > kGrace)
        complain("node " + std::to_string(i) + " is Down though it could answer: " + node->status().message());
    }
    look_for_twins();
  }
  const std::vector<std::string>& complaints() const { return complaints_; }

  // Empty when hosts and store agree.
  std::vector<std::string> disagreements(const std::set<std::string>& names_ever_used) {
    out_.clear();
    if (!swarm_.manager()) return {"there is no manager"};
    std::map<Ipv4, Ipv4> hosts_of;  // of every endpoint
    std::map<std::string, Service> services;
    std::vector<std::set<std::string>> tasks(swarm_.size());
    read_store(hosts_of, services, tasks);
    read_places(hosts_of);
    for (size_t i = 0; i < swarm_.size(); ++i) {
      if (!swarm_.host(i).node() || !swarm_.has_probe(i)) {
        out_.push_back(host(i) + "has no probe");
        continue;
      }
      compare(host(i) + "containers", running_on(i), tasks[i]);
      compare_secrets(i);
      compare_names(i, names_ever_used, services);
      if (swarm_.host(i).kernel.applied.empty()) continue;
      compare_backends(i, services);
      compare_forwarding(i, hosts_of);
    }
    return std::exchange(out_, {});
  }

 private:
  struct Service {
    Ipv4 virtual_ip;
    std::set<Ipv4> backends;
  };
  void complain(const std::string& what) {
    if (complaints_.size() < 10) complaints_.push_back(what);
  }
  static std::string host(size_t i) { return "host " + std::to_string(i) + ": "; }
  static Ipv4 address_of(const swarm::Task& task) {
    return InterfaceAddress::parse(task.networks(0).addresses(0)).value().address;
  }
  size_t host_of(const std::string& node) const {
    for (size_t i = 0; i < swarm_.size(); ++i)
      if (swarm_.node_of(i) == node) return i;
    return swarm_.size();  // a node that has left
  }

  // Addresses of tasks that may still run, of services and of nodes.
  void look_for_twins() {
    std::map<std::string, std::string> holders;
    auto note = [&](const std::string& address, const std::string& holder) {
      auto [place, is_new] = holders.emplace(address.substr(0, address.find('/')), holder);
      if (!is_new) complain(address + " belongs to " + place->second + " and to " + holder);
    };
    for (const auto& [id, task] : swarm_.view().all<swarm::Task>())
      if (task->status().state() <= swarm::RUNNING)
        for (const auto& network : task->networks())
          for (const auto& address : network.addresses()) note(network.network().id() + ' ' + address, "task " + id);
    for (const auto& [id, node] : swarm_.view().all<swarm::Node>())
      for (const auto& network : node->attachments())
        for (const auto& address : network.addresses()) note(network.network().id() + ' ' + address, "node " + id);
    for (const auto& [id, service] : swarm_.view().all<swarm::Service>())
      for (const auto& virtual_ip : service->endpoint().virtual_ips())
        note(virtual_ip.network_id() + ' ' + virtual_ip.addr(), "service " + id);
  }

  void read_store(std::map<Ipv4, Ipv4>& hosts_of, std::map<std::string, Service>& services,
                  std::vector<std::set<std::string>>& tasks) {
    for (const auto& [id, task] : swarm_.view().all<swarm::Task>()) {
      const size_t at = host_of(task->node_id());
      if (task->status().state() != swarm::RUNNING || task->desired_state() != swarm::RUNNING || at == swarm_.size())
        continue;
      hosts_of[address_of(*task)] = swarm_.address(at).v4;
      if (model::is_attachment(*task)) continue;
      tasks[at].insert(id);
      Service& service = services[task->service_annotations().name()];
      service.virtual_ip = InterfaceAddress::parse(task->endpoint().virtual_ips(0).addr()).value().address;
      service.backends.insert(address_of(*task));
    }
  }
  // The hosts' own addresses on the ingress network.
  void read_places(std::map<Ipv4, Ipv4>& hosts_of) {
    for (const auto& [id, node] : swarm_.view().all<swarm::Node>()) {
      const size_t at = host_of(id);
      if (at == swarm_.size()) continue;
      for (const auto& network : node->attachments())
        if (network.network().spec().ingress())
          hosts_of[InterfaceAddress::parse(network.addresses(0)).value().address] = swarm_.address(at).v4;
    }
  }
  std::set<std::string> running_on(size_t i) {
    std::set<std::string> out;
    for (const auto& [id, container] : swarm_.host(i).engine().containers)
      if (container.status == "running" && id != SimSwarm::probe_of(i))
        out.insert(container.spec.at("Labels").at(containers::kTaskIdLabel));
    return out;
  }
  // What containers read is what the store says, and nothing is there for containers that are gone.
  void compare_secrets(size_t i) {
    const std::string folder = swarm_.host(i).secrets_folder();
    std::set<std::string> present, kept;
    for (const auto& [id, container] : swarm_.host(i).engine().containers)
      if (id != SimSwarm::probe_of(i)) present.insert(container.spec.at("Labels").at(containers::kTaskIdLabel));
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
      if (const std::string task = entry.path().filename(); !present.contains(task)) kept.insert(task);
    compare(host(i) + "secrets of containers that are gone", kept, {});
    for (const auto& id : running_on(i)) {
      auto task = swarm_.view().get<swarm::Task>(id);
      if (!task || task->spec().container().secrets().empty()) continue;
      auto secret = swarm_.view().get<swarm::Secret>(task->spec().container().secrets(0).secret_id());
      auto file = io::read_file(folder + "/" + id + "/0");
      if (secret && (!file.ok() || *file != secret->spec().data()))
        out_.push_back(host(i) + "task " + id.substr(0, 6) + " reads " + (file.ok() ? file->substr(0, 20) : "nothing") +
                       " for its secret " + model::name_of(*secret));
    }
  }
  void compare_names(size_t i, const std::set<std::string>& names, const std::map<std::string, Service>& services) {
    const SimKernel& kernel = swarm_.host(i).kernel;
    const std::string probe = SimSwarm::probe_of(i);
    for (const auto& name : names) {
      auto service = services.find(name);
      const bool exists = service != services.end();
      compare(host(i) + name, kernel.found(probe, name),
              exists ? std::set{service->second.virtual_ip} : std::set<Ipv4>());
      compare(host(i) + "tasks." + name, kernel.found(probe, "tasks." + name),
              exists ? service->second.backends : std::set<Ipv4>());
    }
  }
  void compare_backends(size_t i, const std::map<std::string, Service>& services) {
    std::map<Ipv4, std::set<Ipv4>> balanced;
    for (const auto& [key, entry] : swarm_.host(i).kernel.applied.back().services)
      for (const auto& backend : entry.backends)
        if (backend.weight > 0) balanced[key.address].insert(backend.address);
    for (const auto& [name, service] : services) {
      compare(host(i) + "backends of " + name, balanced[service.virtual_ip], service.backends);
      balanced.erase(service.virtual_ip);
    }
    for (const auto& [address, backends] : balanced) compare(host(i) + "backends of " + address.text(), backends, {});
  }
  void compare_forwarding(size_t i, const std::map<Ipv4, Ipv4>& hosts_of) {
    std::map<Ipv4, std::set<Ipv4>> there, should;  // remote endpoints by host
    for (const auto& [key, entry] : swarm_.host(i).kernel.applied.back().endpoints)
      if (entry.where == plan::EndpointEntry::Where::kRemote) there[entry.host].insert(key.address);
    for (const auto& [address, at] : hosts_of)
      if (at != swarm_.address(i).v4) should[at].insert(address);
    for (const auto& [at, addresses] : should)
      compare(host(i) + "endpoints at " + at.text(), there[at], addresses), there.erase(at);
    for (const auto& [at, addresses] : there) compare(host(i) + "endpoints at " + at.text(), addresses, {});
  }

  static std::string text_of(const std::string& text) { return text.substr(0, 6); }
  static std::string text_of(Ipv4 address) { return address.text(); }
  template <class T>
  void compare(const std::string& what, const std::set<T>& is, const std::set<T>& should_be) {
    if (is == should_be) return;
    std::string text = what + ":";
    for (const auto& each : is) text += ' ' + text_of(each);
    text += ", but should be:";
    for (const auto& each : should_be) text += ' ' + text_of(each);
    out_.push_back(text);
  }

  SimSwarm& swarm_;
  std::vector<TimePoint> troubled_;  // when each node last was cut off, dead, or without a manager that works
  std::vector<std::string> complaints_, out_;
};

}  // namespace skein::node
