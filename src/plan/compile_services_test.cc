// What becomes of services: who is a backend, and how much of the new flows it gets.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/addresses_for_test.h"
#include "plan/compile.h"

namespace skein::plan {
namespace {

constexpr Vni kNetwork{4097};

// .5 is a container here, .6 and .7 are on another host.
class CompileServices : public testing::Test {
 protected:
  CompileServices() {
    view.data_path_address = ip("192.168.1.10");
    NetworkState network;
    network.vni = kNetwork;
    network.subnet = Subnet::parse("10.0.1.0/24").value();
    network.gateway = ip("10.0.1.1");
    network.local = {{std::string(64, 'a'), "/run/ns/a", "eth0", ip("10.0.1.5"), Mac{}, true}};
    for (const char* address : {"10.0.1.6", "10.0.1.7"})
      network.remote.push_back({ip(address), Mac::from_ipv4(ip(address)), ip("192.168.1.11")});
    view.networks = {network};
  }

  VirtualService& add(const char* address, std::vector<ServiceBackend> backends, Balance balance = {}) {
    view.networks[0].services.push_back({ip(address), balance, std::move(backends)});
    return view.networks[0].services.back();
  }
  std::map<EndpointKey, ServiceEntry> services() { return compile(view).services; }
  std::vector<BackendEntry> backends(const char* address) { return services().at({kNetwork, ip(address)}).backends; }
  Ipv4 service_of(const char* address) { return compile(view).endpoints.at({kNetwork, ip(address)}).service; }

  NetworkView view;
};

TEST_F(CompileServices, backends_are_endpoints_of_the_network_and_say_so) {
  add("10.0.1.100", {{ip("10.0.1.5")}, {ip("10.0.1.6")}, {ip("10.0.1.66")}});
  EXPECT_EQ(backends("10.0.1.100"), (std::vector<BackendEntry>{{ip("10.0.1.5"), 1}, {ip("10.0.1.6"), 1}}));
  EXPECT_EQ(service_of("10.0.1.5"), ip("10.0.1.100"));
  EXPECT_EQ(service_of("10.0.1.6"), ip("10.0.1.100"));
  EXPECT_EQ(service_of("10.0.1.7"), Ipv4{});
}

// Clients must be refused at once, not left waiting.
TEST_F(CompileServices, a_service_without_backends_is_known_all_the_same) {
  add("10.0.1.100", {});
  add("10.0.1.101", {{ip("10.0.1.66")}});
  EXPECT_TRUE(backends("10.0.1.100").empty());
  EXPECT_TRUE(backends("10.0.1.101").empty());
}

TEST_F(CompileServices, an_address_that_is_somebodys_is_not_virtual) {
  for (const char* taken : {"10.0.1.5", "10.0.1.6", "10.0.1.1", "10.0.2.100", "0.0.0.0"})
    add(taken, {{ip("10.0.1.7")}});
  EXPECT_TRUE(services().empty());
  EXPECT_EQ(service_of("10.0.1.7"), Ipv4{});
}

TEST_F(CompileServices, without_a_container_here_there_are_no_clients) {
  add("10.0.1.100", {{ip("10.0.1.6")}});
  view.networks[0].local.clear();
  EXPECT_TRUE(services().empty());
  EXPECT_EQ(service_of("10.0.1.6"), Ipv4{});
}

TEST_F(CompileServices, a_draining_backend_gets_no_new_flows_but_keeps_its_own) {
  add("10.0.1.100", {{ip("10.0.1.5")}, {ip("10.0.1.6"), 1, true}});
  EXPECT_EQ(backends("10.0.1.100"), (std::vector<BackendEntry>{{ip("10.0.1.5"), 1}, {ip("10.0.1.6"), 0}}));
  EXPECT_EQ(service_of("10.0.1.6"), ip("10.0.1.100"));
}

TEST_F(CompileServices, a_silent_backend_yields_its_datagrams_to_those_that_serve) {
  auto yields = [&](const char* address) {
    return compile(view).endpoints.at({kNetwork, ip(address)}).yields_datagrams;
  };
  VirtualService& service = add("10.0.1.100", {{ip("10.0.1.6"), 1, true, true}, {ip("10.0.1.7"), 1, true}});
  EXPECT_FALSE(yields("10.0.1.6")) << "there is nobody else";
  service.backends[1].is_draining = false;
  EXPECT_TRUE(yields("10.0.1.6"));
  EXPECT_FALSE(yields("10.0.1.7"));
}

TEST_F(CompileServices, weights_are_bounded_and_reduced) {
  add("10.0.1.100", {{ip("10.0.1.5"), 60000}, {ip("10.0.1.6"), 50}, {ip("10.0.1.7"), 100, true}});
  EXPECT_EQ(backends("10.0.1.100"),
            (std::vector<BackendEntry>{{ip("10.0.1.5"), 2}, {ip("10.0.1.6"), 1}, {ip("10.0.1.7"), 0}}));
}

TEST_F(CompileServices, local_first_means_only_those_here_while_one_of_them_serves) {
  add("10.0.1.100", {{ip("10.0.1.5")}, {ip("10.0.1.6")}, {ip("10.0.1.7")}}, Balance::kLocalFirst);
  EXPECT_EQ(backends("10.0.1.100"),
            (std::vector<BackendEntry>{{ip("10.0.1.5"), 1}, {ip("10.0.1.6"), 0}, {ip("10.0.1.7"), 0}}));
  EXPECT_EQ(services().begin()->second.balance, Balance::kRoundRobin);
  view.networks[0].services[0].backends[0].is_draining = true;
  EXPECT_EQ(backends("10.0.1.100"),
            (std::vector<BackendEntry>{{ip("10.0.1.5"), 0}, {ip("10.0.1.6"), 1}, {ip("10.0.1.7"), 1}}));
}

// Gossip delivers in any order.
TEST_F(CompileServices, claims_to_one_backend_or_one_address_are_settled_alike_in_any_order) {
  add("10.0.1.101", {{ip("10.0.1.6")}, {ip("10.0.1.7")}});
  add("10.0.1.100", {{ip("10.0.1.6")}});
  add("10.0.1.100", {{ip("10.0.1.5")}}, Balance::kSourceHash);
  Intent intent = compile(view);
  EXPECT_EQ(backends("10.0.1.100"), (std::vector<BackendEntry>{{ip("10.0.1.6"), 1}}));
  EXPECT_EQ(backends("10.0.1.101"), (std::vector<BackendEntry>{{ip("10.0.1.7"), 1}}));
  std::reverse(view.networks[0].services.begin(), view.networks[0].services.end());
  EXPECT_EQ(compile(view), intent);
  std::reverse(view.networks[0].services[2].backends.begin(), view.networks[0].services[2].backends.end());
  EXPECT_EQ(compile(view), intent);
}

// Otherwise the kernel could never show what is wanted, and every pass would try again.
TEST_F(CompileServices, of_too_many_backends_those_stay_that_get_new_flows) {
  VirtualService& service = add("10.0.1.4", {});
  view.networks[0].subnet = Subnet::parse("10.0.0.0/16").value();
  for (uint32_t i = 0; i < kServiceBackendsMax + 10; ++i) {
    Ipv4 address{ip("10.0.2.0").value + i};
    view.networks[0].remote.push_back({address, Mac{}, ip("192.168.1.11")});
    service.backends.push_back({address, 1, i < 10});
  }
  std::vector<BackendEntry> kept = backends("10.0.1.4");
  ASSERT_EQ(kept.size(), kServiceBackendsMax);
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
  EXPECT_TRUE(std::all_of(kept.begin(), kept.end(), [](const BackendEntry& b) { return b.weight == 1; }));
  EXPECT_EQ(kept.front().address, ip("10.0.2.10"));
}

}  // namespace
}  // namespace skein::plan
