#include "control/allocator/allocator.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "wire/proto/dispatcher.pb.h"

namespace skein::control {
namespace {

api::Network network_of(const std::string& id, const std::string& subnet = {}, const std::string& gateway = {},
                        const std::string& range = {}) {
  api::Network out;
  out.set_id(id);
  out.mutable_spec()->mutable_annotations()->set_name("name-" + id);
  if (subnet.empty() && gateway.empty() && range.empty()) return out;
  api::IPAMConfig* config = out.mutable_spec()->mutable_ipam()->add_configs();
  config->set_subnet(subnet);
  config->set_gateway(gateway);
  config->set_range(range);
  return out;
}

api::Network with_vnis(api::Network network, const std::string& list) {
  (*network.mutable_spec()->mutable_driver_config()->mutable_options())[std::string(kVxlanIdListOption)] = list;
  return network;
}

std::string vnis_of(const api::Network& network) {
  return network.driver_state().options().at(std::string(kVxlanIdListOption));
}

HostPrefix host(const std::string& name, const std::string& prefix) { return {name, *Subnet::parse(prefix)}; }

AddressPools pools_of(const std::vector<std::string>& texts, uint32_t bits) {
  api::Cluster cluster;
  for (const std::string& text : texts) cluster.add_default_address_pool(text);
  cluster.set_subnet_size(bits);
  auto pools = AddressPools::from_cluster(cluster);
  EXPECT_TRUE(pools.ok());
  return *pools;
}

template <class Message>
Message read_vector(const std::string& name) {
  std::ifstream in(SKEIN_TEST_DATA "/allocator/" + name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  Message out;
  EXPECT_TRUE(out.ParseFromString(text.str())) << name;
  return out;
}

// Takes the answers out of a network that Docker's manager allocated, and wants them back from ours.
void expect_same_answer(Allocator& allocator, const api::Network& docker) {
  api::Network question = docker;
  question.clear_ipam();
  question.clear_driver_state();
  auto ours = allocator.allocate_network(question);
  ASSERT_TRUE(ours.ok()) << ours.error().text();
  google::protobuf::util::MessageDifferencer differencer;
  std::string difference;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(docker, *ours)) << difference;
}

// Docker's agents read ipam and driver_state of each attachment.
TEST(Allocator, networks_come_out_as_from_dockers_manager) {
  using namespace docker::swarmkit::v1;
  Allocator allocator;
  auto session = read_vector<SessionMessage>("session-first.resp.bin");
  const auto& ingress = session.node().attachments(0);
  expect_same_answer(allocator, ingress.network());
  EXPECT_EQ(*allocator.allocate_address(ingress.network().id()), "10.0.0.2/24");
  EXPECT_EQ(*allocator.allocate_address(ingress.network().id()), ingress.addresses(0));
  auto assignments = read_vector<AssignmentsMessage>("assignments-attachment.bin");
  const auto& attachment = assignments.changes(0).assignment().task().networks(0);
  expect_same_answer(allocator, attachment.network());
  EXPECT_EQ(*allocator.allocate_address(attachment.network().id()), attachment.addresses(0));
}

TEST(Allocator, subnets_and_vnis_are_handed_out_in_order) {
  Allocator allocator;
  for (int i = 0; i < 600; ++i) {
    auto network = allocator.allocate_network(network_of(std::to_string(i)));
    ASSERT_TRUE(network.ok());
    std::string prefix = "10." + std::to_string(i / 256) + "." + std::to_string(i % 256);
    EXPECT_EQ(network->ipam().configs(0).subnet(), prefix + ".0/24");
    EXPECT_EQ(network->ipam().configs(0).gateway(), prefix + ".1");
    EXPECT_EQ(network->ipam().configs(0).family(), api::IPAMConfig::IPV4);
    EXPECT_EQ(vnis_of(*network), std::to_string(4096 + i));
  }
}

TEST(Allocator, a_freed_subnet_is_used_again_and_a_freed_vni_is_not) {
  Allocator allocator;
  ASSERT_TRUE(allocator.allocate_network(network_of("a")).ok());
  ASSERT_TRUE(allocator.allocate_network(network_of("b")).ok());
  allocator.release_network("a");
  auto again = allocator.allocate_network(network_of("c"));
  EXPECT_EQ(again->ipam().configs(0).subnet(), "10.0.0.0/24");
  EXPECT_EQ(vnis_of(*again), "4098");
}

TEST(Allocator, the_clusters_own_pools_are_used_in_order_until_they_end) {
  Allocator allocator(pools_of({"10.20.0.0/25", "10.30.0.0/26"}, 26));
  std::vector<std::string> got;
  for (int i = 0; i < 3; ++i)
    got.push_back(allocator.allocate_network(network_of(std::to_string(i)))->ipam().configs(0).subnet());
  EXPECT_EQ(got, (std::vector<std::string>{"10.20.0.0/26", "10.20.0.64/26", "10.30.0.0/26"}));
  auto none = allocator.allocate_network(network_of("x"));
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, Code::kResourceExhausted);
  EXPECT_EQ(none.error().text(),
            "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the "
            "network: each /26 of 10.20.0.0/25, 10.30.0.0/26 is used by a network or a host; remove a network or give "
            "a --subnet");
  EXPECT_FALSE(allocator.knows_network("x"));
}

TEST(Allocator, pools_that_cannot_work_are_refused) {
  auto refused = [](const std::vector<std::string>& pools, uint32_t bits) {
    api::Cluster cluster;
    for (const std::string& pool : pools) cluster.add_default_address_pool(pool);
    cluster.set_subnet_size(bits);
    return !AddressPools::from_cluster(cluster).ok();
  };
  EXPECT_FALSE(refused({}, 0));
  EXPECT_FALSE(refused({"10.0.0.0/16"}, 16));
  EXPECT_TRUE(refused({"10.0.0.0/16"}, 15));
  EXPECT_TRUE(refused({"10.0.0.0/16"}, 31));
  EXPECT_TRUE(refused({"10.0.0.0"}, 24));
  EXPECT_TRUE(refused({"10.0.0.0/8", "10.1.0.0/16"}, 24));
}

// A container must reach the host's own network, so no overlay may shadow it.
TEST(Allocator, automatic_subnets_step_around_hosts_and_user_subnets) {
  Allocator allocator;
  ASSERT_TRUE(allocator.allocate_network(network_of("user", "10.0.1.128/25")).ok());
  std::vector<HostPrefix> hosts = {host("one", "10.0.0.7/32"), host("two", "10.0.2.0/23")};
  EXPECT_EQ(allocator.allocate_network(network_of("auto"), hosts)->ipam().configs(0).subnet(), "10.0.4.0/24");
}

// A stack is removed and deployed again at once.
TEST(Allocator, what_a_removed_network_still_holds_is_free_later) {
  Allocator allocator;
  const api::Network gone = *allocator.allocate_network(network_of("a", "10.50.0.0/24"));
  const std::string address = *allocator.allocate_address("a");
  allocator.release_network("a");
  for (const auto& wanted : {network_of("b", "10.50.0.0/25"), with_vnis(network_of("b"), "4096")}) {
    const Error error = allocator.allocate_network(wanted).error();
    EXPECT_EQ(error.code, Code::kUnavailable);
    EXPECT_NE(error.text().find("of network name-a, which is being removed; try again when its last task has ended"),
              std::string::npos)
        << error.text();
  }
  allocator.release_address("a", address);
  EXPECT_TRUE(allocator.allocate_network(network_of("b", "10.50.0.0/25")).ok());
}

TEST(Allocator, what_docker_accepts_and_never_allocates_is_refused_with_its_cause) {
  Allocator allocator;
  ASSERT_TRUE(allocator.allocate_network(network_of("a", "10.50.0.0/24", "10.50.0.1")).ok());
  std::vector<HostPrefix> hosts = {host("dk1", "10.77.0.1/32")};
  auto refused = [&](const api::Network& network, const std::string& text) {
    auto result = allocator.allocate_network(network, hosts);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error().text(), text);
    EXPECT_EQ(result.error().code, Code::kInvalidArgument);
    EXPECT_FALSE(allocator.knows_network(network.id()));
  };
  refused(network_of("x", "10.50.0.0/33"), "Invalid subnet 10.50.0.0/33 : invalid CIDR address: 10.50.0.0/33");
  refused(network_of("x", "nonsense"), "Invalid subnet nonsense : invalid CIDR address: nonsense");
  refused(network_of("x", "10.50.0.0/16"),
          "Pool overlaps with other one on this address space: 10.50.0.0/16 overlaps with 10.50.0.0/24 of network "
          "name-a; choose another --subnet");
  refused(network_of("x", "10.50.0.128/25"),
          "Pool overlaps with other one on this address space: 10.50.0.128/25 overlaps with 10.50.0.0/24 of network "
          "name-a; choose another --subnet");
  refused(network_of("x", "10.77.0.0/16"),
          "Pool overlaps with other one on this address space: 10.77.0.0/16 overlaps with 10.77.0.1/32 of host dk1; "
          "choose another --subnet");
  refused(network_of("x", "10.60.0.0/24", "10.61.0.1"),
          "ipam configuration: subnet 10.60.0.0/24 does not contain gateway 10.61.0.1");
  refused(network_of("x", "10.60.0.0/24", "", "10.61.0.0/28"),
          "ipam configuration: subnet 10.60.0.0/24 does not contain range 10.61.0.0/28");
  refused(network_of("x", "10.60.0.0/24", "10.60.0.255"),
          "ipam configuration: invalid gateway 10.60.0.255: it is the network or broadcast address of 10.60.0.0/24");
  refused(network_of("x", "10.60.0.0/31"),
          "Invalid subnet 10.60.0.0/31: it has no room for a gateway and an endpoint; make it /30 or larger");
  refused(network_of("x", "127.5.0.0/16"),
          "Invalid subnet 127.5.0.0/16: endpoints cannot have addresses of 127.0.0.0/8; choose a private one, such as "
          "10.50.0.0/24");
  refused(network_of("x", "", "10.60.0.1"), "every ip-range or gateway must have a corresponding subnet");
  refused(with_vnis(network_of("x"), "4096"),
          "VXLAN id 4096 is already in use: network name-a has it; choose another id, or none for an automatic one");
  refused(with_vnis(network_of("x"), "16777216"),
          "invalid vxlan id value \"16777216\" passed: it must be a number up to 16777215");
  refused(with_vnis(network_of("x"), "12,"), "invalid vxlan id value \"\" passed: it must be a number up to 16777215");
  refused(with_vnis(network_of("x"), "12,13"),
          "more VXLAN ids than subnets: 2 ids for 1 subnets; give one id for each --subnet");
  api::Network aux = network_of("x", "10.60.0.0/24");
  (*aux.mutable_spec()->mutable_ipam()->mutable_configs(0)->mutable_reserved())["router"] = "10.61.0.9";
  refused(aux, "ipam configuration: subnet 10.60.0.0/24 does not contain aux-address 10.61.0.9");
  api::Network twice = network_of("x", "10.60.0.0/24");
  twice.mutable_spec()->mutable_ipam()->add_configs()->set_subnet("10.60.0.0/25");
  refused(twice,
          "Pool overlaps with other one on this address space: 10.60.0.0/25 and 10.60.0.0/24 are in the same network; "
          "give one subnet, or some that do not overlap");
  api::Network foreign = network_of("x");
  foreign.mutable_spec()->mutable_ipam()->mutable_driver()->set_name("acme");
  refused(foreign, "IPAM driver acme is not supported");
  // Nothing of all this was kept.
  EXPECT_EQ(vnis_of(*allocator.allocate_network(network_of("b"))), "4097");
}

TEST(Allocator, several_subnets_have_a_vni_each_and_are_filled_one_after_the_other) {
  Allocator allocator;
  api::Network network = with_vnis(network_of("a", "10.60.0.0/30"), "77,0");
  network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet("10.61.0.9/30");
  auto made = allocator.allocate_network(network);
  ASSERT_TRUE(made.ok()) << made.error().text();
  EXPECT_EQ(vnis_of(*made), "77,4096");
  EXPECT_EQ(made->ipam().configs(1).subnet(), "10.61.0.8/30");
  EXPECT_EQ(made->ipam().configs(1).gateway(), "10.61.0.9");
  EXPECT_EQ(*allocator.allocate_address("a"), "10.60.0.2/30");
  EXPECT_EQ(*allocator.allocate_address("a"), "10.61.0.10/30");
  EXPECT_FALSE(allocator.allocate_address("a").ok());
}

TEST(Allocator, driver_options_are_passed_on_and_ipv6_subnets_are_carried_along) {
  Allocator allocator;
  api::Network network = network_of("a", "fd00:1::/64");
  (*network.mutable_spec()->mutable_driver_config()->mutable_options())["encrypted"] = "";
  auto made = allocator.allocate_network(network);
  ASSERT_TRUE(made.ok()) << made.error().text();
  EXPECT_TRUE(made->driver_state().options().contains("encrypted"));
  ASSERT_EQ(made->ipam().configs_size(), 2);
  EXPECT_EQ(made->ipam().configs(0).subnet(), "10.0.0.0/24");
  EXPECT_EQ(made->ipam().configs(1).subnet(), "fd00:1::/64");
  EXPECT_FALSE(allocator.allocate_network(network_of("b", "fd00:1::/129")).ok());
  EXPECT_FALSE(allocator.allocate_address("a", "fd00:1::5").ok());
  Allocator successor;
  ASSERT_TRUE(successor.restore_network(*made).ok());
  EXPECT_EQ(*successor.allocate_address("a"), "10.0.0.2/24");
}

TEST(Allocator, networks_local_to_nodes_get_no_addresses) {
  Allocator allocator;
  api::Network bridge = network_of("bridge");
  bridge.mutable_spec()->mutable_driver_config()->set_name("bridge");
  auto made = allocator.allocate_network(bridge);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->driver_state().name(), "bridge");
  EXPECT_EQ(made->driver_state().options_size(), 0);
  EXPECT_TRUE(made->has_ipam() && made->ipam().has_driver());
  EXPECT_EQ(made->ipam().configs_size(), 0);
  EXPECT_FALSE(allocator.has_addresses("bridge"));
  EXPECT_EQ(allocator.allocate_address("bridge").error().code, Code::kFailedPrecondition);
}

// Peers remember an address for a while; giving it to the next container at once would send it foreign packets.
TEST(Allocator, a_freed_address_is_the_last_to_be_used_again) {
  Allocator allocator;
  ASSERT_TRUE(allocator.allocate_network(network_of("a", "10.60.0.0/29")).ok());
  EXPECT_EQ(*allocator.allocate_address("a"), "10.60.0.2/29");
  EXPECT_EQ(*allocator.allocate_address("a"), "10.60.0.3/29");
  allocator.release_address("a", "10.60.0.2/29");
  allocator.release_address("a", "10.60.0.2/29");
  for (const char* expected : {"10.60.0.4/29", "10.60.0.5/29", "10.60.0.6/29", "10.60.0.2/29"})
    EXPECT_EQ(*allocator.allocate_address("a"), expected);
  auto full = allocator.allocate_address("a");
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, Code::kResourceExhausted);
  EXPECT_EQ(full.error().text(),
            "no available IPv4 addresses on this network's address pools: name-a (a): no free address in 10.60.0.0/29; "
            "remove endpoints, or make the network anew with a larger --subnet");
  EXPECT_EQ(allocator.usage("a").used, 6u);
  EXPECT_EQ(allocator.usage("a").total, 6u);
}

TEST(Allocator, a_requested_address_is_given_or_refused_with_its_cause) {
  Allocator allocator;
  api::Network network = network_of("a", "10.60.0.0/24");
  (*network.mutable_spec()->mutable_ipam()->mutable_configs(0)->mutable_reserved())["router"] = "10.60.0.9";
  ASSERT_TRUE(allocator.allocate_network(network).ok());
  EXPECT_EQ(*allocator.allocate_address("a", "10.60.0.200"), "10.60.0.200/24");
  EXPECT_EQ(*allocator.allocate_address("a", "10.60.0.201/24"), "10.60.0.201/24");
  auto refused = [&](std::string_view address, const std::string& text) {
    auto result = allocator.allocate_address("a", address);
    ASSERT_FALSE(result.ok()) << address;
    EXPECT_EQ(result.error().text(), text);
  };
  refused("10.60.0.200", "Address already in use: 10.60.0.200 is taken on network name-a; choose another one, or none");
  refused("10.60.0.1",
          "Address already in use: 10.60.0.1 is the gateway or an auxiliary address of network name-a; "
          "choose another one, or none");
  refused("10.60.0.9",
          "Address already in use: 10.60.0.9 is the gateway or an auxiliary address of network name-a; "
          "choose another one, or none");
  refused("10.60.0.255",
          "Address already in use: 10.60.0.255 is the network or broadcast address of 10.60.0.0/24; "
          "choose another one, or none");
  refused("10.61.0.1", "requested address is out of range: 10.61.0.1 is not in a subnet of network name-a");
  EXPECT_FALSE(allocator.allocate_address("a", "somewhere").ok());
  EXPECT_EQ(allocator.allocate_address("nosuch").error().text(), "network nosuch not found");
  allocator.release_address("a", "10.60.0.200/24");
  EXPECT_TRUE(allocator.allocate_address("a", "10.60.0.200").ok());
}

TEST(Allocator, gateway_and_automatic_addresses_come_from_the_range) {
  Allocator allocator;
  auto made = allocator.allocate_network(network_of("a", "10.60.0.0/24", "", "10.60.0.128/30"));
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->ipam().configs(0).gateway(), "10.60.0.128");
  for (const char* expected : {"10.60.0.129/24", "10.60.0.130/24", "10.60.0.131/24"})
    EXPECT_EQ(*allocator.allocate_address("a"), expected);
  EXPECT_FALSE(allocator.allocate_address("a").ok());
  EXPECT_EQ(*allocator.allocate_address("a", "10.60.0.5"), "10.60.0.5/24");
}

// Docker frees the subnet at once: the next network then shares it with containers that are still stopping.
TEST(Allocator, a_removed_network_keeps_its_subnet_until_its_last_endpoint_is_gone) {
  Allocator allocator;
  ASSERT_TRUE(allocator.allocate_network(network_of("a", "10.60.0.0/24")).ok());
  std::string address = *allocator.allocate_address("a");
  allocator.release_network("a");
  EXPECT_FALSE(allocator.allocate_network(network_of("b", "10.60.0.0/24")).ok());
  EXPECT_EQ(allocator.allocate_address("a").error().code, Code::kFailedPrecondition);
  allocator.release_address("a", address);
  EXPECT_FALSE(allocator.knows_network("a"));
  EXPECT_TRUE(allocator.allocate_network(network_of("b", "10.60.0.0/24")).ok());
}

TEST(Allocator, a_decision_for_a_known_network_is_not_made_twice) {
  Allocator allocator;
  auto made = allocator.allocate_network(network_of("a"));
  EXPECT_EQ(allocator.allocate_network(network_of("a")).error().code, Code::kAlreadyExists);
  EXPECT_TRUE(allocator.restore_network(*made).ok());
  EXPECT_EQ(vnis_of(*allocator.allocate_network(network_of("b"))), "4097");
}

TEST(Allocator, vnis_wrap_round_to_the_first_automatic_one) {
  Allocator allocator;
  auto last = Allocator().allocate_network(with_vnis(network_of("z", "10.60.0.0/24"), "16777215"));
  ASSERT_TRUE(allocator.restore_network(*last).ok());
  EXPECT_EQ(vnis_of(*allocator.allocate_network(network_of("a"))), "4096");
  EXPECT_EQ(vnis_of(*allocator.allocate_network(network_of("b"))), "4097");
}

TEST(Allocator, a_whole_16_bit_subnet_can_be_used) {
  Allocator allocator;
  ASSERT_TRUE(allocator.allocate_network(network_of("a", "10.60.0.0/16")).ok());
  std::set<std::string> addresses;
  for (int i = 0; i < 65533; ++i) {
    auto address = allocator.allocate_address("a");
    ASSERT_TRUE(address.ok()) << i;
    addresses.insert(*address);
  }
  EXPECT_EQ(addresses.size(), 65533u);
  EXPECT_FALSE(allocator.allocate_address("a").ok());
  allocator.release_address("a", "10.60.99.99/16");
  EXPECT_EQ(*allocator.allocate_address("a"), "10.60.99.99/16");
}

TEST(Allocator, an_unspecified_subnet_asks_for_a_size_from_the_pools) {
  Allocator allocator(pools_of({"10.9.0.0/16"}, 24));
  auto subnet_of = [&](const std::string& id, const std::string& subnet) {
    auto made = allocator.allocate_network(network_of(id, subnet));
    return made.ok() ? made->ipam().configs(0).subnet() : made.error().text();
  };
  EXPECT_EQ(subnet_of("a", "0.0.0.0/28"), "10.9.0.0/28");
  EXPECT_EQ(subnet_of("b", "0.0.0.0/24"), "10.9.1.0/24");
  EXPECT_EQ(subnet_of("c", "0.0.0.0/0"), "10.9.2.0/24");
  EXPECT_EQ(subnet_of("d", ""), "10.9.3.0/24");
  EXPECT_TRUE(subnet_of("e", "0.0.0.0/8").starts_with("could not find an available, non-overlapping IPv4"));
  EXPECT_TRUE(subnet_of("f", "0.0.0.0/31").starts_with("Invalid subnet 0.0.0.0/31: it has no room"))
      << subnet_of("f", "0.0.0.0/31");
  EXPECT_EQ(allocator.allocate_network(network_of("g", "0.0.0.0/24", "0.0.0.1")).error().text(),
            "every ip-range or gateway must have a corresponding subnet");
}

}  // namespace
}  // namespace skein::control
