#include "api/networks/pseudo_networks.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

// Clients keep ids over restarts, and tools that look at several hosts take equal ids for one network.
TEST(PseudoNetworks, ids_stay_on_a_host_and_differ_between_hosts) {
  auto networks = pseudo_networks("8a45111590cd"), again = pseudo_networks("8a45111590cd"),
       elsewhere = pseudo_networks("77b8c1f0aa12");
  ASSERT_EQ(networks.size(), 2u);
  EXPECT_EQ(networks, again);
  EXPECT_EQ(networks[0]["Name"], "host");
  EXPECT_EQ(networks[1]["Driver"], "null");
  EXPECT_EQ(networks[0]["Id"].get<std::string>().size(), 64u);
  EXPECT_NE(networks[0]["Id"], networks[1]["Id"]);
  EXPECT_NE(networks[0]["Id"], elsewhere[0]["Id"]);
}

}  // namespace
}  // namespace skein::api
