#include "api/networks/network_events.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using nlohmann::json;

TEST(NetworkEvents, name_the_network_its_driver_and_the_container) {
  model::api::Network network;
  network.set_id("n1");
  network.mutable_spec()->mutable_annotations()->set_name("appnet");
  network.mutable_spec()->mutable_driver_config()->set_name("bridge");
  EXPECT_EQ(network_event(network, "create", WallTime{1'000'000'002}),
            json::parse(R"({"Type":"network","Action":"create","Actor":{"ID":"n1","Attributes":
              {"name":"appnet","type":"bridge"}},"scope":"local","time":1,"timeNano":1000000002})"));
  overlay::Endpoint endpoint;
  endpoint.container_id = "c1";
  endpoint.network.id = "n2";
  endpoint.network.name = "blue";
  EXPECT_EQ(endpoint_event(endpoint, true, WallTime{0})["Actor"],
            json::parse(R"({"ID":"n2","Attributes":{"container":"c1","name":"blue","type":"overlay"}})"));
  endpoint.network.is_local = true;
  EXPECT_EQ(endpoint_event(endpoint, false, WallTime{0})["Action"], "disconnect");
  EXPECT_EQ(endpoint_event(endpoint, false, WallTime{0})["Actor"]["Attributes"]["type"], "bridge");
}

}  // namespace
}  // namespace skein::api
