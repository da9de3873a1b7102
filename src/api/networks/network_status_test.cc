#include "api/networks/network_status.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using nlohmann::json;

TEST(NetworkStatus, counts_each_subnet_as_docker_does) {
  control::Allocator allocator;
  docker::swarmkit::v1::Network network;
  network.set_id("n");
  for (const char* subnet : {"10.1.0.0/24", "10.2.0.0/24"})
    network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet(subnet);
  network.mutable_spec()->mutable_ipam()->mutable_configs(1)->set_range("10.2.0.128/25");
  ASSERT_TRUE(allocator.allocate_network(network).ok());
  // Network, broadcast and gateway; the second gateway is the first address of the range.
  EXPECT_EQ(network_status(allocator.subnet_usage("n")),
            json::parse(R"({"IPAM":{"Subnets":{"10.1.0.0/24":{"IPsInUse":3,"DynamicIPsAvailable":253},
                                               "10.2.0.0/24":{"IPsInUse":3,"DynamicIPsAvailable":126}}}})"));
  const auto address = allocator.allocate_address("n");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(allocator.subnet_usage("n")[0].in_use, 4u);
  EXPECT_EQ(allocator.subnet_usage("n")[0].free, 252u);
  allocator.release_address("n", *address);
  EXPECT_EQ(allocator.subnet_usage("n")[0].in_use, 3u);
  EXPECT_EQ(network_status({}), json::parse(R"({"IPAM":{}})"));
}

}  // namespace
}  // namespace skein::api
