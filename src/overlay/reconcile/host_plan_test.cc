// Following the changes leads to what all of it together means.
#include "overlay/reconcile/host_plan.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>

#include "overlay/endpoints/endpoint_record.h"
#include "overlay/reconcile/host_for_test.h"
#include "plan/compile.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::overlay {
namespace {

constexpr int kHosts = 5, kAddresses = 24;

struct RandomNetwork {
  SeededRandom random;
  EndpointBook book;
  RemoteRecords records{TimePoint{0}};
  FakeHostNetwork host;
  HostPlan plan{book, records};
  int next_key = 0;

  explicit RandomNetwork(uint64_t seed) : random(seed) {}
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(random.below(limit)); }
  // Few, so that backends, virtual addresses and endpoints of several owners meet at one.
  Ipv4 address() { return Ipv4{ip("10.0.1.2").value + below(kAddresses)}; }
  NetworkInfo network() {
    NetworkInfo out = appnet();
    if (below(3) == 0) out.id = "n2", out.vni = Vni{4098}, out.is_ingress = true;
    return out;
  }
  uint16_t port() { return static_cast<uint16_t>(8080 + below(3)); }

  RemoteRecord record(const std::string& key) {
    networkdb::PeerRecord peer;
    const Ipv4 at = address();
    const Ipv4 owner{ip("192.168.1.11").value + below(kHosts)};
    peer.set_endpoint_mac(Mac::from_ipv4(at).text());
    networkdb::EndpointRecord names;
    names.set_name("task-" + key);
    if (below(4)) {
      names.set_service_name("s" + std::to_string(below(3)));
      names.set_virtual_ip(address().text());
      names.mutable_skein()->set_weight(1 + below(3));
      names.set_service_disabled(below(3) == 0);
      for (uint32_t i = below(3); i > 0; --i) {
        names.add_ingress_ports()->set_published_port(port());
        names.mutable_ingress_ports()->rbegin()->set_target_port(80 + below(2));
      }
    }
    return {network().id, key, "owner", owner, at, peer.SerializeAsString(), names.SerializeAsString()};
  }
  Endpoint endpoint(const std::string& id) {
    Endpoint out;
    out.id = id;
    out.container_id = "c" + id;
    out.netns_path = "/run/skein/netns/" + id;
    out.interface_name = "eth0";
    out.network = network();
    out.address = address();
    out.mac = Mac::from_ipv4(out.address);
    if (below(2)) out.service = ServiceMembership{"s", "s", address(), {}};
    if (out.service && below(2)) out.service->ingress_ports = {{"", IPPROTO_TCP, 80, port()}};
    out.serving = static_cast<Serving>(below(3));
    return out;
  }

  void change_something() {
    RemoteRecords::Snapshot news;
    news.networks = {"n1", "n2"};
    news.no_longer_told.emplace();
    for (uint32_t i = below(4); i > 0; --i) {
      const std::string key = "k" + std::to_string(below(30));
      if (below(3)) {
        news.records.push_back(record(key));
      } else {
        for (const char* network : {"n1", "n2"}) {
          news.no_longer_told->insert({network, key});
          if (below(2)) news.deleted.insert({network, key});
        }
      }
    }
    for (const auto& told : news.records) news.no_longer_told->erase({told.network, told.key});
    records.update(news, TimePoint{0});
    if (below(4)) return;
    const std::string id(12, static_cast<char>('a' + below(6)));
    if (below(6) == 0) {
      book.mesh.reset();
      if (below(3)) book.mesh = endpoint("mesh");
    }
    if (book.mesh)
      book.mesh->network.id = "n2", book.mesh->network.vni = Vni{4098}, book.mesh->network.is_ingress = true;
    if (below(3))
      book.endpoints[id] = endpoint(id);
    else
      book.endpoints.erase(id);
    plan.note_book_changed();
  }
  plan::NetworkView surroundings() {
    plan::NetworkView out;
    out.data_path_address = ip("192.168.1.11");
    auto hosts = plan.hosts();
    hosts.erase(out.data_path_address);
    out.hosts = host.paths_to(hosts, false);
    return out;
  }
  plan::Intent all_together() {
    HostPlan fresh(book, records);
    FakeHostNetwork kernel;
    SKEIN_ASSERT(fresh.bring_about(kernel, surroundings()).empty());
    return kernel.applied.back();
  }
};

TEST(HostPlanTest, following_the_changes_leads_to_what_all_of_it_means) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    RandomNetwork network(seed);
    for (int step = 0; step < 200; ++step) {
      network.change_something();
      ASSERT_TRUE(network.plan.bring_about(network.host, network.surroundings()).empty());
      if (network.host.applied.empty()) continue;
      ASSERT_EQ(network.host.applied.back(), network.all_together()) << "seed " << seed << ", step " << step;
    }
    EXPECT_LE(network.host.read_backs, 1) << "only at the start";
    EXPECT_GT(network.host.applied.back().services.size(), 0u) << "the test has met services";
    EXPECT_TRUE(std::ranges::any_of(network.host.applied, [](const auto& each) { return !each.mesh_ports.empty(); }));
  }
}

TEST(HostPlanTest, an_intent_that_is_shown_to_somebody_stays_what_it_was) {
  RandomNetwork network(3);
  size_t changes = 0;
  for (int step = 0; step < 100; ++step) {
    network.change_something();
    const auto shown = network.plan.intent();
    const plan::Intent before = shown ? *shown : plan::Intent();
    ASSERT_TRUE(network.plan.bring_about(network.host, network.surroundings()).empty());
    ASSERT_EQ(*network.plan.intent(), network.host.applied.back());
    if (!shown) continue;
    ASSERT_EQ(*shown, before) << step;
    if (*network.plan.intent() != before) ++changes;
  }
  EXPECT_GT(changes, 50u);
}

TEST(HostPlanTest, a_change_that_means_nothing_writes_nothing) {
  RandomNetwork network(1);
  network.book.endpoints["a"] = network.endpoint("a");
  ASSERT_TRUE(network.plan.bring_about(network.host, network.surroundings()).empty());
  const size_t writes = network.host.applied.size();
  network.plan.note_book_changed();
  ASSERT_TRUE(network.plan.bring_about(network.host, network.surroundings()).empty());
  EXPECT_EQ(network.host.applied.size(), writes);
}

}  // namespace
}  // namespace skein::overlay
