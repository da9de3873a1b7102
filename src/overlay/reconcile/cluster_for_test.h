// Several hosts without kernels, whose gossip goes over a simulated network in virtual time. For tests only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "overlay/peers/fake_swarm.h"
#include "overlay/reconcile/host_for_test.h"

namespace skein::overlay {

// Hosts of one simulated cluster, those of add_host() on appnet with a task of their own.
struct Cluster {
  gossip::SimNetwork net;
  std::vector<std::unique_ptr<Host>> hosts;
  std::vector<std::unique_ptr<SimulatedHost>> doors;
  uint64_t restarts = 0;
  bool is_news_acted_on = true;  // at once, and not after the pause between two passes

  explicit Cluster(uint64_t seed = gossip::seeds(11).front()) : net(seed, {}) {}

  // A host that is on no network yet; its number.
  size_t join() {
    size_t i = hosts.size();
    hosts.push_back(std::make_unique<Host>("cluster-" + std::to_string(i), 100 + i));
    begin_gossip(i, i ? std::vector<size_t>{0} : std::vector<size_t>{});
    doors.push_back(std::make_unique<SimulatedHost>(net, i));
    hosts[i]->manager->enter_swarm(*doors[i]);
    hosts[i]->manager->gossip_started();
    return i;
  }
  // Connects a container of the host; true once it may start.
  std::shared_ptr<bool> begin_attaching(size_t host, const ContainerNetworkRequest& request) {
    auto is_over = std::make_shared<bool>(false);
    auto attach = [](NetworkManager& manager, ContainerNetworkRequest request,
                     std::shared_ptr<bool> is_over) -> boost::asio::awaitable<void> {
      std::string path = "/run/skein/netns/" + request.container_id;
      EXPECT_TRUE((co_await manager.attach(std::move(request), std::move(path))).ok());
      *is_over = true;
    };
    boost::asio::co_spawn(hosts[host]->loop, attach(*hosts[host]->manager, request, is_over), boost::asio::detached);
    hosts[host]->settle();
    return is_over;
  }
  void add_host() {
    const size_t i = join();
    const std::string name = "c" + std::to_string(i);
    auto is_attached = begin_attaching(i, task_request(name, "10.0.1." + std::to_string(10 + i)));
    SKEIN_ASSERT(run_until_true(std::chrono::seconds(10), [&] { return *is_attached; }));
    hosts[i]->manager->set_serving(name, Serving::kServing);
  }
  // The host's daemon dies; what is on its disk stays.
  void kill(size_t i) {
    net.crash(i);
    hosts[i]->keeps_disk = true;
    hosts[i].reset();
  }
  // `lost`: namespaces that went with a reboot of the host.
  void restart(size_t i, const std::set<std::string>& lost = {}) {
    std::vector<size_t> others;
    for (size_t other = 0; other < hosts.size(); ++other)
      if (other != i) others.push_back(other);
    hosts[i] = std::make_unique<Host>("cluster-" + std::to_string(i), 1000 + ++restarts);  // keys never come again
    hosts[i]->clock.time = net.now();
    hosts[i]->kernel.lost = lost;
    hosts[i]->start();
    begin_gossip(i, others);
    hosts[i]->manager->enter_swarm(*doors[i]);
    hosts[i]->manager->gossip_started();
  }
  void begin_gossip(size_t i, const std::vector<size_t>& bootstrap) {
    net.start(i, bootstrap, [&](const std::string& name) { return hosts[i]->manager->begin_gossip(name); });
  }
  // As the agents do, but for the pause between passes, which is real time.
  void carry_events() {
    for (size_t i = 0; i < hosts.size(); ++i) {
      if (!hosts[i]) continue;  // killed
      hosts[i]->clock.time = net.now();
      bool is_news = false;
      for (const auto& event : net.take_events(i)) hosts[i]->manager->hear(event), is_news = true;
      if (is_news && is_news_acted_on) hosts[i]->manager->look();
      hosts[i]->settle();
    }
  }
  bool run_until_true(Duration limit, const std::function<bool()>& is_true) {
    return net.run_until_true(limit, [&] {
      carry_events();
      return is_true();
    });
  }
  bool know_each_other() {
    for (size_t asked = 0; asked < hosts.size(); ++asked)
      for (size_t i = 0; i < hosts.size(); ++i)
        if (hosts[asked]->found("c" + std::to_string(asked), "web.c" + std::to_string(i)).empty()) return false;
    return true;
  }
};

}  // namespace skein::overlay
