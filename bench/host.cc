// One host of many: what an event of gossip costs a daemon whose network has ENDPOINTS on HOSTS other hosts, with a
// kernel that only takes note. host_bench [HOSTS ENDPOINTS]: by default 1000 and 20,000, in services of 200. All
// records come from one peer by real gossip in virtual time; they name the other hosts as tunnel endpoints. Prints CPU
// per event: of what follows it on this host, and of the whole with the gossip of both sides.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "agent/endpoint_record.h"
#include "agent/fake_host_network.h"
#include "agent/fake_swarm.h"
#include "agent/local_networks.h"
#include "agent/network_manager.h"
#include "store/memory_journal.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::agent {
namespace {

constexpr int kServiceSize = 200, kEvents = 200;

// Keeps nothing of what it is told.
struct NullHost final : FakeHostNetwork {
  size_t operations = 0;
  plan::ApplyFailures apply(const plan::Intent&) override { return {}; }
  plan::ApplyFailures apply_since(const plan::Intent&, const plan::Intent&) override { return {}; }
  plan::ApplyFailures carry_out(const plan::Changes& changes, const plan::Intent&) override {
    operations += changes.operations.size();
    return {};
  }
};

struct GossipClock final : Clock {
  const gossip::SimNetwork& net;
  explicit GossipClock(const gossip::SimNetwork& n) : net(n) {}
  TimePoint now() const override { return net.now(); }
  WallTime wall() const override { return {}; }
};

double cpu_ms() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e3 + static_cast<double>(spent.tv_nsec) / 1e6;
}

NetworkInfo wide_network() {
  NetworkInfo out;
  out.id = "n1";
  out.name = "wide";
  out.vni = Vni{4097};
  out.subnet = *Subnet::parse("10.0.0.0/16");
  out.gateway = *Ipv4::parse("10.0.0.1");
  return out;
}

struct Peer {
  gossip::Gossip& gossip;
  int hosts;
  Ipv4 address_of(int number) const { return Ipv4{(10u << 24) + 4096 + static_cast<uint32_t>(number)}; }

  std::string names(int number, uint32_t weight) const {
    networkdb::EndpointRecord out;
    const int service = number / kServiceSize;
    out.set_name("service-" + std::to_string(service) + "." + std::to_string(number) + ".0123456789abcdefghijklmno");
    out.set_service_name("service-" + std::to_string(service));
    out.set_service_id("id-of-service-" + std::to_string(service));
    out.set_virtual_ip(Ipv4{(10u << 24) + 2 + static_cast<uint32_t>(service)}.text());
    out.set_endpoint_ip(address_of(number).text());
    out.add_task_aliases("0123456789ab");
    out.mutable_skein()->set_weight(weight);
    return out.SerializeAsString();
  }
  void tell(int number, TimePoint now) {
    networkdb::PeerRecord peer;
    peer.set_endpoint_ip(address_of(number).text() + "/16");
    peer.set_endpoint_mac(Mac::from_ipv4(address_of(number)).text());
    peer.set_tunnel_endpoint_ip(Ipv4{(172u << 24) + (16u << 16) + 1 + static_cast<uint32_t>(number % hosts)}.text());
    const std::string key = std::to_string(number);
    SKEIN_ASSERT(gossip.create_entry(kPeerTable, "n1", key, peer.SerializeAsString(), now).ok());
    SKEIN_ASSERT(gossip.create_entry(kEndpointTable, "n1", key, names(number, 1), now).ok());
  }
};

int main(int hosts, int endpoints) {
  const std::string directory =
      std::filesystem::temp_directory_path() / ("skein-host-bench-" + std::to_string(getpid()));
  std::filesystem::create_directories(directory);
  boost::asio::io_context loop;
  SeededRandom random(1);
  gossip::SimNetwork net(1, {});
  net.start(0, {});
  net.start(1, {0});
  GossipClock clock(net);
  store::Store store(loop.get_executor(),
                     std::make_unique<store::MemoryJournal>(std::make_shared<store::MemoryJournal::Contents>()), clock);
  std::unique_ptr<LocalNetworks> local;
  auto settle = [&] { loop.restart(), loop.poll(); };
  boost::asio::co_spawn(
      loop,
      [&]() -> boost::asio::awaitable<void> {
        auto read = co_await store.open();
        SKEIN_ASSERT(read.ok());
        auto opened = co_await LocalNetworks::open(store, random, {});
        local = std::move(*opened);
      },
      boost::asio::detached);
  settle();
  NullHost kernel;
  NetworkManager manager(loop, directory, random, *local, kernel, clock);
  SKEIN_ASSERT(manager.restore().ok());
  SimulatedHost door(net, 0);
  manager.enter_swarm(door);
  manager.gossip_started();
  EndpointRequest request;
  request.network = "n1";
  request.given = GivenEndpoint{wide_network(), Ipv4{(10u << 24) + 200 * 256}, {}};
  boost::asio::co_spawn(
      loop,
      [&]() -> boost::asio::awaitable<void> {
        ContainerNetworkRequest container{"c1", "c1", "c1", {request}, {}, {}, false};
        (void)co_await manager.attach(container, "/run/skein/netns/c1");
      },
      boost::asio::detached);
  settle();
  manager.set_serving("c1", Serving::kServing);

  Peer peer{net.gossip(1), hosts};
  net.gossip(1).join_network("n1", net.now());
  for (int i = 0; i < endpoints; ++i) peer.tell(i, net.now());
  net.flush(1);
  double here = 0;
  auto follow = [&] {
    auto events = net.take_events(0);
    if (events.empty()) return;
    const double begin = cpu_ms();
    for (const auto& event : events) manager.hear(event);
    manager.look();
    settle();
    here += cpu_ms() - begin;
  };
  auto knows = [&](const std::string& name) {
    for (const auto& zone : kernel.zones_of("c1"))
      if (zone->find(name)) return true;
    return false;
  };
  const double begin = cpu_ms();
  auto all = [&] { return net.gossip(0).entries("n1", kEndpointTable).size() >= static_cast<size_t>(endpoints); };
  SKEIN_ASSERT(net.run_until_true(std::chrono::minutes(60), [&] { return follow(), all(); }));
  follow();
  std::printf("%d endpoints on %d hosts are known: %.0f ms of CPU, %.0f of them for what follows\n", endpoints, hosts,
              cpu_ms() - begin, here);
  SKEIN_ASSERT(knows("service-0") && knows("tasks.service-1"));

  here = 0;
  const double before = cpu_ms();
  const size_t operations = kernel.operations;
  for (int i = 0; i < kEvents; ++i) {
    const std::string key = std::to_string(i * 97 % endpoints);
    SKEIN_ASSERT(
        net.gossip(1).update_entry(kEndpointTable, "n1", key, peer.names(std::stoi(key), 2 + i % 50), net.now()).ok());
    net.flush(1);
    const size_t done = kernel.operations;
    SKEIN_ASSERT(net.run_until_true(std::chrono::seconds(10), [&] { return follow(), kernel.operations > done; }));
  }
  std::printf("an event: %.2f ms of CPU for what follows it, %.2f with gossip; %zu operations for %d events\n",
              here / kEvents, (cpu_ms() - before) / kEvents, kernel.operations - operations, kEvents);
  boost::asio::co_spawn(loop, manager.close(), boost::asio::detached);
  settle();
  std::filesystem::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace skein::agent

int main(int argc, char** argv) {
  const int hosts = argc > 1 ? std::atoi(argv[1]) : 1000;
  return skein::agent::main(hosts, argc > 2 ? std::atoi(argv[2]) : 20'000);
}
