#include "api/events/endpoint_events.h"

#include <gtest/gtest.h>

#include "api/events/told_for_test.h"
#include "io/loop/context.h"
#include "overlay/endpoints/fake_task_networks_for_test.h"

namespace skein::api {
namespace {

using nlohmann::json;

class SecondClock final : public Clock {
 public:
  TimePoint now() const override { return {}; }
  WallTime wall() const override { return {1'000'000'000}; }
};

class EndpointEventsTest : public testing::Test {
 protected:
  overlay::Endpoint endpoint(const std::string& network) {
    overlay::Endpoint out;
    out.container_id = "c1";
    out.network.id = network;
    out.network.name = "name of " + network;
    return out;
  }
  // It is there; the manager tells of it.
  void connect(const std::string& network) {
    networks.attached["c1"].endpoints.emplace_back().given = {endpoint(network).network, {}, {}};
    events.changed(endpoint(network), true);
  }
  std::vector<std::string> told() { return told_by(bus, loop); }
  io::Context loop{1};
  std::vector<std::string> log;
  overlay::FakeTaskNetworks networks{loop.get_executor(), log};
  EventBus bus{loop};
  SecondClock clock;
  EndpointEvents events{networks, bus, clock};
};

TEST_F(EndpointEventsTest, name_the_container_and_the_network) {
  overlay::EndpointStatus status;
  status.network_id = "n2";
  status.network_name = "blue";
  EXPECT_EQ(endpoint_event("c1", status, true, WallTime{0})["Actor"],
            json::parse(R"({"ID":"n2","Attributes":{"container":"c1","name":"blue","type":"overlay"}})"));
  status.is_local = true;
  const json event = endpoint_event("c1", status, false, WallTime{0});
  EXPECT_EQ(event["Action"], "disconnect");
  EXPECT_EQ(event["Actor"]["Attributes"]["type"], "bridge");
}

TEST_F(EndpointEventsTest, an_end_is_told_once) {
  connect("n1");
  connect("n2");
  events.on_end("c1");
  events.on_end("c1");
  events.changed(endpoint("n1"), false);
  events.changed(endpoint("n2"), false);
  EXPECT_EQ(told(), (std::vector<std::string>{"connect n1", "connect n2", "disconnect n1", "disconnect n2"}));
}

TEST_F(EndpointEventsTest, what_waits_for_the_next_start_is_connected_again) {
  connect("n1");
  events.on_start("c1", WallTime{5});
  events.on_end("c1");
  events.on_start("c1", WallTime{6});
  events.on_start("c1", WallTime{7});
  EXPECT_EQ(told(), (std::vector<std::string>{"connect n1", "disconnect n1", "connect n1"}));
}

TEST_F(EndpointEventsTest, who_leaves_and_comes_while_it_runs_is_told_each_time) {
  connect("n1");
  events.changed(endpoint("n1"), false);
  events.changed(endpoint("n1"), true);
  EXPECT_EQ(told(), (std::vector<std::string>{"connect n1", "disconnect n1", "connect n1"}));
  events.on_end("c1");
  events.changed(endpoint("n1"), false);
  events.changed(endpoint("n1"), true);  // by the next start
  events.on_start("c1", WallTime{8});
  EXPECT_EQ(told().size(), 5u);
}

}  // namespace
}  // namespace skein::api
