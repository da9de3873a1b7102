// A host without its kernel: one network manager, and whatever swarm a test gives it. For tests only.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/addresses_for_test.h"
#include "io/loop/context.h"
#include "overlay/host/fake_host_network.h"
#include "overlay/reconcile/network_manager.h"
#include "store/memory_journal.h"

namespace skein::overlay {

inline NetworkInfo appnet() {
  NetworkInfo out;
  out.id = "n1";
  out.name = "appnet";
  out.vni = Vni{4097};
  out.subnet = *Subnet::parse("10.0.1.0/24");
  out.gateway = ip("10.0.1.1");
  return out;
}

// A task of the service "web" on appnet.
inline ContainerNetworkRequest task_request(const std::string& id, const std::string& address) {
  EndpointRequest endpoint;
  endpoint.network = "n1";
  endpoint.given = GivenEndpoint{appnet(), ip(address), ServiceMembership{"s1", "web", ip("10.0.1.2"), {"front"}}};
  return {id, "web." + id, "host-" + id, {endpoint}, {}, {}, false};
}

struct SettableClock final : Clock {
  TimePoint time{0};
  TimePoint now() const override { return time; }
  WallTime wall() const override { return {}; }
};

struct Host {
  io::Context loop{1};
  SeededRandom random{5};
  SettableClock clock;
  std::string directory;
  store::Store store{loop.get_executor(),
                     std::make_unique<store::MemoryJournal>(std::make_shared<store::MemoryJournal::Contents>()), clock};
  std::unique_ptr<LocalNetworks> local;
  FakeHostNetwork kernel;
  std::unique_ptr<NetworkManager> manager;
  bool keeps_disk = false;  // for the next one of this name

  explicit Host(const std::string& name, uint64_t seed = 5)
      : random(seed), directory(testing::TempDir() + "skein-manager-" + name + "-" + std::to_string(getpid())) {
    std::filesystem::create_directories(directory);
    start();
  }
  // As kill -9 does.
  ~Host() {
    loop.drop_all();
    if (!keeps_disk) std::filesystem::remove_all(directory);
  }

  // Also a restart: what is not on disk is forgotten.
  void start() {
    close();
    local = std::move(*run(LocalNetworks::open(store, random, {})));
    manager = std::make_unique<NetworkManager>(loop, directory, random, *local, kernel, clock);
    SKEIN_ASSERT(manager->restore().ok());
  }

  // As the daemon's ordinary end.
  void close() {
    if (!manager) return;
    bool is_closed = false;
    boost::asio::co_spawn(loop, manager->close(), [&](const std::exception_ptr&) { is_closed = true; });
    settle();
    SKEIN_ASSERT(is_closed);
    manager.reset();
  }

  template <class T>
  T run(boost::asio::awaitable<T> work) {
    std::optional<T> out;
    auto keep = [](boost::asio::awaitable<T> work, std::optional<T>& out) -> boost::asio::awaitable<void> {
      out.emplace(co_await std::move(work));
    };
    boost::asio::co_spawn(loop, keep(std::move(work), out), boost::asio::detached);
    settle();
    SKEIN_ASSERT(out);
    return std::move(*out);
  }
  void settle() {
    loop.restart();
    loop.poll();
  }

  Result<void> attach(const ContainerNetworkRequest& request) {
    return run(manager->attach(request, "/run/skein/netns/" + request.container_id));
  }
  const Endpoint& endpoint_of(const std::string& container) const {
    for (const auto& [id, endpoint] : manager->book().endpoints)
      if (endpoint.container_id == container) return endpoint;
    SKEIN_ASSERT(!"the container has an endpoint");
    std::abort();
  }
  // What `name` means to the container; empty when nothing.
  std::set<Ipv4> found(const std::string& container, const std::string& name) {
    for (const auto& zone : kernel.zones_of(container))
      if (auto* addresses = zone->find(name)) return *addresses;
    return {};
  }
  // Begins waiting for the container's drain; true once it is over.
  std::shared_ptr<bool> wait_for_drain(const std::string& container, Duration limit = std::chrono::minutes(1)) {
    auto is_over = std::make_shared<bool>(false);
    auto wait = [](NetworkManager& manager, std::string container, Duration limit,
                   std::shared_ptr<bool> is_over) -> boost::asio::awaitable<void> {
      co_await manager.wait_until_drained(std::move(container), limit);
      *is_over = true;
    };
    boost::asio::co_spawn(loop, wait(*manager, container, limit, is_over), boost::asio::detached);
    settle();
    return is_over;
  }
};

}  // namespace skein::overlay
