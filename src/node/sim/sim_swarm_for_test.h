// A swarm of simulated hosts: host 0 manages it, the others have joined, and each has a container "probe-N" on "appnet"
// beside those of tasks. Faults come from the outside. For tests only.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include "containers/facts/task_labels.h"
#include "node/sim/sim_host_for_test.h"

namespace skein::node {

namespace swarm = model::api;

class SimSwarm {
 public:
  SimSwarm(uint64_t seed, size_t hosts) : world_(seed) {
    SKEIN_ASSERT(::mkdtemp(folder_.data()) != nullptr);
    for (size_t i = 0; i < hosts; ++i) {
      hosts_.push_back(std::make_unique<SimHost>(world_, folder_, i));
      hosts_[i]->kernel.answers_from = [this, i](const Ipv4& to) { return answers(i, to); };
      hosts_[i]->start_daemon();
    }
    SKEIN_ASSERT(loop().run_until_true(10s, [&] { return all_are_up(); }));
    api::InitRequest init;
    init.advertise_address = address(0).text();
    nodes_.resize(hosts);
    nodes_[0] = *ask(0, hosts_[0]->node()->init(init));
    for (size_t i = 1; i < hosts; ++i) expect(join(i));
    expect(ask(0, manager()->create_network(appnet())));
    probes_.resize(hosts);
  }
  ~SimSwarm() {
    for (auto& host : hosts_)
      if (host->is_up()) host->kill_daemon();
    std::filesystem::remove_all(folder_);
  }

  io::VirtualLoop& loop() { return world_.loop; }
  SimWorld& world() { return world_; }
  SimHost& host(size_t i) { return *hosts_[i]; }
  const std::string& node_of(size_t i) const { return nodes_[i]; }
  IpAddress address(size_t i) const { return hosts_[i]->address; }
  size_t size() const { return hosts_.size(); }
  manager::Manager* manager() { return hosts_[0]->node() ? hosts_[0]->node()->manager() : nullptr; }
  const store::Tables& view() { return manager()->view(); }
  static std::string probe_of(size_t i) { return "probe-" + std::to_string(i); }
  bool has_probe(size_t i) {
    return hosts_[i]->node() != nullptr && !hosts_[i]->node()->networks().status(probe_of(i)).empty() && !probes_[i];
  }

  // ---- users: what they ask runs on the host, and dies with its daemon
  template <class T>
  Result<T> ask(size_t host, boost::asio::awaitable<Result<T>> work, Duration patience = 30s) {
    auto answer = std::make_shared<std::optional<Result<T>>>();
    begin<T>(host, std::move(work), [answer](Result<T> result) { *answer = std::move(result); });
    if (!loop().run_until_true(patience, [&] { return answer->has_value(); }))
      return make_error(Code::kDeadlineExceeded, "no answer");
    return std::move(**answer);
  }
  template <class T>
  void begin(size_t host, boost::asio::awaitable<Result<T>> work, std::function<void(Result<T>)> done) {
    boost::asio::co_spawn(hosts_[host]->context(), tell(std::move(work), std::move(done)),
                          [](const std::exception_ptr& thrown) { SKEIN_ASSERT(!thrown); });
  }
  Result<void> join(size_t i) {
    api::JoinRequest request;
    request.remote_addresses = {address(0).text()};
    request.token = view().cluster()->root_ca().join_tokens().worker();
    auto joined = ask(i, hosts_[i]->node()->join(request));
    nodes_[i] = joined.ok() ? hosts_[i]->node()->agent()->identity().node.node_id : "";
    return joined;
  }
  Result<void> leave(size_t i) {
    auto left = ask(i, hosts_[i]->node()->leave(false));
    nodes_[i].clear();
    return left;
  }

  // ---- faults
  void start(size_t i) {
    for (size_t other = 0; other < size(); ++other) world_.network.reset(address(i), address(other));
    if (down_.erase(i)) rewire();
    hosts_[i]->start_daemon();
  }
  void kill_daemon(size_t i) {
    hosts_[i]->kill_daemon();
    probes_[i].reset();
  }
  void end_daemon(size_t i) {
    hosts_[i]->end_daemon();
    probes_[i].reset();
  }
  // Nobody hears of its end.
  void crash(size_t i) {
    down_.insert(i);
    rewire();
    hosts_[i]->engine().containers.erase(probe_of(i));
    hosts_[i]->crash();
    probes_[i].reset();
  }
  void cut(size_t from, size_t to) {
    cuts_.insert({from, to});
    rewire();
  }
  void mend() {
    cuts_.clear();
    rewire();
  }
  bool is_whole(size_t i) const {  // with the manager
    auto is_between = [&](const auto& cut) { return cut == std::pair{i, size_t{0}} || cut == std::pair{size_t{0}, i}; };
    return hosts_[i]->is_up() && hosts_[0]->is_up() && std::none_of(cuts_.begin(), cuts_.end(), is_between);
  }
  // A container's process ends by itself. Its task; empty when there is none.
  std::string end_container(size_t i, uint64_t which) {
    std::vector<std::string> running;
    for (const auto& [id, container] : hosts_[i]->engine().containers)
      if (container.status == "running" && id != probe_of(i)) running.push_back(id);
    if (running.empty()) return "";
    const std::string& id = running[which % running.size()];
    const auto& labels = hosts_[i]->engine().containers.at(id).spec.at("Labels");
    hosts_[i]->engine().exit(id, 1);
    return labels.at(containers::kTaskIdLabel);
  }

  // As the host's service manager does with a daemon that could not come up.
  void keep_daemons() {
    for (auto& host : hosts_)
      if (host->has_failed()) host->kill_daemon(), host->start_daemon();
  }
  // A probe that its host has lost is connected again.
  void keep_probes() {
    for (size_t i = 0; i < size(); ++i) {
      Node* node = hosts_[i]->node();
      if (node == nullptr || node->agent() == nullptr || probes_[i] || has_probe(i)) continue;
      auto path = node->networks().prepare_namespace(probe_of(i));
      hosts_[i]->engine().containers[probe_of(i)] = {
          .name = probe_of(i), .spec = nlohmann::json::object(), .status = "running", .was_started = true};
      overlay::EndpointRequest endpoint;
      endpoint.network = "appnet";
      overlay::ContainerNetworkRequest request{probe_of(i), probe_of(i), probe_of(i), {endpoint}, {}, {}, false};
      auto attached = std::make_shared<bool>(false);
      probes_[i] = attached;
      begin<void>(i, node->networks().attach(request, *path), [this, i, attached](const Result<void>&) {
        if (probes_[i] == attached) probes_[i].reset();
      });
    }
  }

 private:
  static swarm::NetworkSpec appnet() {
    swarm::NetworkSpec out;
    out.mutable_annotations()->set_name("appnet");
    out.set_attachable(true);
    out.mutable_driver_config()->set_name("overlay");
    out.mutable_ipam()->add_configs()->set_subnet("10.77.0.0/26");  // so small that addresses come again
    return out;
  }
  template <class T>
  static void expect(const Result<T>& done) {
    EXPECT_TRUE(done.ok()) << done.error().text();
  }
  template <class T>
  static boost::asio::awaitable<void> tell(boost::asio::awaitable<Result<T>> work,
                                           std::function<void(Result<T>)> done) {
    Result<T> result = co_await std::move(work);
    done(std::move(result));
  }
  bool all_are_up() const {
    return std::all_of(hosts_.begin(), hosts_.end(), [](const auto& host) { return host->node() != nullptr; });
  }
  bool answers(size_t asked_by, const Ipv4& to) const {
    for (size_t i = 0; i < size(); ++i)
      if (address(i).v4 == to)
        return !world_.network.is_cut(address(asked_by), address(i)) &&
               !world_.network.is_cut(address(i), address(asked_by));
    return false;
  }
  void rewire() {
    for (size_t from = 0; from < size(); ++from)
      for (size_t to = 0; to < size(); ++to)
        down_.contains(from) || down_.contains(to) || cuts_.contains({from, to})
            ? world_.network.cut(address(from), address(to))
            : world_.network.mend(address(from), address(to));
  }

  // In memory where there is such a folder: files are synced often.
  std::string folder_ =
      (std::filesystem::is_directory("/dev/shm") ? "/dev/shm/" : testing::TempDir()) + "skein-sim-XXXXXX";
  SimWorld world_;
  std::vector<std::unique_ptr<SimHost>> hosts_;
  std::vector<std::string> nodes_;
  std::vector<std::shared_ptr<bool>> probes_;  // being attached
  std::set<std::pair<size_t, size_t>> cuts_;
  std::set<size_t> down_;
};

}  // namespace skein::node
