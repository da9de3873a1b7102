#include "api/events/mount_events.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace skein::api
