#include "api/events/mount_events.h"

#include <gtest/gtest.h>

#include "api/events/told_for_test.h"
#include "engine/fake_engine_for_test.h"
#include "io/loop/context.h"
#include "overlay/endpoints/fake_task_networks_for_test.h"

namespace skein::api {
namespace {

using nlohmann::json;

TEST(MountEvents, tell_volumes_and_no_folders_of_the_host) {
  const json container = json::parse(R"({"Id":"c1","Mounts":[
    {"Type":"volume","Name":"data","Source":"/v/data","Destination":"/data","Driver":"local","RW":true,"Propagation":"rprivate"},
    {"Type":"bind","Source":"/etc","Destination":"/etc"},
    {"Type":"volume","Name":"ro","Destination":"/ro","RW":false}]})");
  const auto mounted = mount_events(container, "mount", WallTime{5'000'000'007});
  ASSERT_EQ(mounted.size(), 2u);
  EXPECT_EQ(mounted[0], json::parse(R"({"Type":"volume","Action":"mount","Actor":{"ID":"data","Attributes":
    {"container":"c1","destination":"/data","driver":"local","propagation":"rprivate","read/write":"true"}},
    "scope":"local","time":5,"timeNano":5000000007})"));
  EXPECT_EQ(mounted[1]["Actor"]["Attributes"]["read/write"], "false");
  const auto unmounted = mount_events(container, "unmount", WallTime{0});
  ASSERT_EQ(unmounted.size(), 2u);
  EXPECT_EQ(unmounted[0]["Actor"], json::parse(R"({"ID":"data","Attributes":{"container":"c1","driver":"local"}})"));
  EXPECT_TRUE(mount_events(json::object(), "mount", WallTime{0}).empty());
}

class StillClock final : public Clock {
 public:
  TimePoint now() const override { return {}; }
  WallTime wall() const override { return {2}; }
};

class MountOrder : public testing::Test {
 protected:
  ~MountOrder() override { loop.drop_all(); }
  void take(const std::string& action, const std::string& id = "c1") {
    mounts.take(make_event("container", action, id, {}, "local", WallTime{1}));
  }
  std::vector<std::string> told() {
    loop.run();
    return told_by(events, loop);
  }
  io::Context loop{1};
  std::vector<std::string> log;
  engine::FakeEngine engine{loop.get_executor(), log};
  io::TaskScope tasks{loop.get_executor()};
  EventBus events{loop};
  StillClock clock;
  overlay::FakeTaskNetworks networks{loop.get_executor(), log};
  EndpointEvents endpoints{networks, events, clock};
  MountEvents mounts{tasks, engine, events, endpoints, clock};
};

TEST_F(MountOrder, mounts_come_before_the_start_and_go_after_the_end) {
  mounts.learn({{"Id", "c1"}, {"Mounts", {{{"Type", "volume"}, {"Name", "v"}}}}});
  for (const char* action : {"start", "die", "stop", "start", "die", "destroy"}) take(action);
  EXPECT_EQ(told(), (std::vector<std::string>{"mount v", "start c1", "die c1", "unmount v", "stop c1", "mount v",
                                              "start c1", "die c1", "unmount v", "destroy c1"}));
}

// As a restart and its policy leave them: the endpoint is there all the time.
TEST_F(MountOrder, networks_come_before_the_mounts_and_go_before_them) {
  mounts.learn({{"Id", "c1"}, {"Mounts", {{{"Type", "volume"}, {"Name", "v"}}}}});
  overlay::Endpoint endpoint;
  endpoint.container_id = "c1";
  endpoint.network.id = "n";
  endpoints.changed(endpoint, true);
  networks.attached["c1"].endpoints.emplace_back().given = {endpoint.network, {}, {}};
  for (const char* action : {"start", "die", "start", "die", "destroy"}) take(action);
  endpoints.changed(endpoint, false);
  EXPECT_EQ(told(), (std::vector<std::string>{"connect n", "mount v", "start c1", "die c1", "disconnect n", "unmount v",
                                              "connect n", "mount v", "start c1", "die c1", "disconnect n", "unmount v",
                                              "destroy c1", "disconnect n"}));
}

TEST_F(MountOrder, what_is_not_known_is_asked_for_and_holds_up_its_own_events_only) {
  for (const char* action : {"start", "die", "destroy"}) take(action);
  take("create", "c2");
  EXPECT_EQ(told(), (std::vector<std::string>{"create c2", "start c1", "die c1", "destroy c1"}));
}

}  // namespace
}  // namespace skein::api
