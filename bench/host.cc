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

#include "overlay/endpoints/endpoint_record.h"
#include "overlay/endpoints/local_networks.h"
#include "overlay/host/fake_host_network.h"
#include "overlay/peers/fake_swarm.h"
#include "overlay/reconcile/network_manager.h"
#include "store/memory_journal.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::overlay {
namespace {

using boost::asio::awaitable;

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
  void tell(int number, TimePoint now) const {
    networkdb::PeerRecord peer;
    peer.set_endpoint_ip(address_of(number).text() + "/16");
    peer.set_endpoint_mac(Mac::from_ipv4(address_of(number)).text());
    peer.set_tunnel_endpoint_ip(Ipv4{(172u << 24) + (16u << 16) + 1 + static_cast<uint32_t>(number % hosts)}.text());
    const std::string key = std::to_string(number);
    SKEIN_ASSERT(gossip.create_entry(kPeerTable, "n1", key, peer.SerializeAsString(), now).ok());
    SKEIN_ASSERT(gossip.create_entry(kEndpointTable, "n1", key, names(number, 1), now).ok());
  }
};

// The host, in a swarm of two, with one container on the network.
class Bench {
 public:
  Bench() {
    std::filesystem::create_directories(directory_);
    net_.start(0, {});
    net_.start(1, {0});
    spawn([this]() -> awaitable<void> {
      auto read = co_await store_.open();
      SKEIN_ASSERT(read.ok());
      auto opened = co_await LocalNetworks::open(store_, random_, {});
      local_ = std::move(*opened);
    });
    manager_ = std::make_unique<NetworkManager>(loop_, directory_, random_, *local_, kernel_, clock_);
    SKEIN_ASSERT(manager_->restore().ok());
    manager_->enter_swarm(door_);
    manager_->gossip_started();
    spawn([this]() -> awaitable<void> {
      EndpointRequest request;
      request.network = "n1";
      request.given = GivenEndpoint{wide_network(), Ipv4{(10u << 24) + 200 * 256}, {}};
      ContainerNetworkRequest container{"c1", "c1", "c1", {request}, {}, {}, false};
      (void)co_await manager_->attach(container, "/run/skein/netns/c1");
    });
    manager_->set_serving("c1", Serving::kServing);
  }
  ~Bench() {
    spawn([this] { return manager_->close(); });
    std::filesystem::remove_all(directory_);
  }

  void learn(const Peer& peer, int endpoints) {
    net_.gossip(1).join_network("n1", net_.now());
    for (int i = 0; i < endpoints; ++i) peer.tell(i, net_.now());
    net_.flush(1);
    const double begin = cpu_ms();
    auto all = [&] { return net_.gossip(0).entries("n1", kEndpointTable).size() >= static_cast<size_t>(endpoints); };
    SKEIN_ASSERT(net_.run_until_true(std::chrono::minutes(60), [&] { return follow(), all(); }));
    follow();
    std::printf("%d endpoints on %d hosts are known: %.0f ms of CPU, %.0f of them for what follows\n", endpoints,
                peer.hosts, cpu_ms() - begin, here_);
    SKEIN_ASSERT(knows("service-0") && knows("tasks.service-1"));
  }

  void hear_events(const Peer& peer, int endpoints) {
    here_ = 0;
    const double before = cpu_ms();
    const size_t operations = kernel_.operations;
    for (int i = 0; i < kEvents; ++i) {
      const int number = i * 97 % endpoints;
      const std::string record = peer.names(number, 2 + i % 50);
      SKEIN_ASSERT(net_.gossip(1).update_entry(kEndpointTable, "n1", std::to_string(number), record, net_.now()).ok());
      net_.flush(1);
      const size_t done = kernel_.operations;
      SKEIN_ASSERT(net_.run_until_true(std::chrono::seconds(10), [&] { return follow(), kernel_.operations > done; }));
    }
    std::printf("an event: %.2f ms of CPU for what follows it, %.2f with gossip; %zu operations for %d events\n",
                here_ / kEvents, (cpu_ms() - before) / kEvents, kernel_.operations - operations, kEvents);
  }

  gossip::Gossip& peers_gossip() { return net_.gossip(1); }

 private:
  template <typename Work>
  void spawn(Work work) {
    boost::asio::co_spawn(loop_, std::move(work), boost::asio::detached);
    settle();
  }
  void settle() {
    loop_.restart();
    loop_.poll();
  }
  // Adds the CPU spent on what gossip has told.
  void follow() {
    auto events = net_.take_events(0);
    if (events.empty()) return;
    const double begin = cpu_ms();
    for (const auto& event : events) manager_->hear(event);
    manager_->look();
    settle();
    here_ += cpu_ms() - begin;
  }
  bool knows(const std::string& name) {
    for (const auto& zone : kernel_.zones_of("c1"))
      if (zone->find(name)) return true;
    return false;
  }

  const std::string directory_ =
      std::filesystem::temp_directory_path() / ("skein-host-bench-" + std::to_string(getpid()));
  boost::asio::io_context loop_;
  SeededRandom random_{1};
  gossip::SimNetwork net_{1, {}};
  GossipClock clock_{net_};
  store::Store store_{loop_.get_executor(),
                      std::make_unique<store::MemoryJournal>(std::make_shared<store::MemoryJournal::Contents>()),
                      clock_};
  std::unique_ptr<LocalNetworks> local_;
  NullHost kernel_;
  SimulatedHost door_{net_, 0};
  std::unique_ptr<NetworkManager> manager_;
  double here_ = 0;  // milliseconds
};

int main(int hosts, int endpoints) {
  Bench bench;
  const Peer peer{bench.peers_gossip(), hosts};
  bench.learn(peer, endpoints);
  bench.hear_events(peer, endpoints);
  return 0;
}

}  // namespace
}  // namespace skein::overlay

int main(int argc, char** argv) {
  const int hosts = argc > 1 ? std::atoi(argv[1]) : 1000;
  return skein::overlay::main(hosts, argc > 2 ? std::atoi(argv[2]) : 20'000);
}
