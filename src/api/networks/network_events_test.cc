#include "api/networks/network_events.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using nlohmann::json;

TEST(NetworkEvents, name_the_network_and_its_driver) {
  model::api::Network network;
  network.set_id("n1");
  network.mutable_spec()->mutable_annotations()->set_name("appnet");
  network.mutable_spec()->mutable_driver_config()->set_name("bridge");
  EXPECT_EQ(network_event(network, "create", WallTime{1'000'000'002}),
            json::parse(R"({"Type":"network","Action":"create","Actor":{"ID":"n1","Attributes":
              {"name":"appnet","type":"bridge"}},"scope":"local","time":1,"timeNano":1000000002})"));
}

}  // namespace
}  // namespace skein::api
