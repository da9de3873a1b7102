// `docker system df` must tell what room is taken and what a prune would give back.
#include "api/system/usage_json.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using nlohmann::json;

UsageParts parts() {
  return {json::parse(R"([{"Id":"sha256:i1","Size":150,"Containers":-1,"SharedSize":-1},
                          {"Id":"sha256:i2","Size":120,"Containers":-1,"SharedSize":-1}])"),
          json::parse(R"([{"Id":"c1","ImageID":"sha256:i1","SizeRw":7,"Mounts":[{"Name":"v1"}]},
                          {"Id":"c2","ImageID":"sha256:i1","Mounts":[{"Name":"v1"}]}])"),
          json::parse(R"([{"Name":"v1"},{"Name":"v2"}])")};
}

const DiskSizes kSizes = disk_sizes(json::parse(R"({
  "Images":[{"ImageID":"i1","SharedSize":100,"UniqueSize":50},{"ImageID":"i2","SharedSize":100,"UniqueSize":20}],
  "Containers":[{"ContainerID":"c1","RWSize":7}],
  "Volumes":[{"VolumeName":"v1","Size":5}]})"));

TEST(UsageJson, what_is_used_and_shared_is_counted) {
  EXPECT_EQ(kSizes.containers.at("c1"), 7);
  const json shown = usage_json(parts(), kSizes, *usage_types({}));
  EXPECT_EQ(shown["LayersSize"], 170);
  EXPECT_EQ(shown["Images"], json::parse(R"([{"Id":"sha256:i1","Size":150,"Containers":2,"SharedSize":100},
                                             {"Id":"sha256:i2","Size":120,"Containers":0,"SharedSize":100}])"));
  EXPECT_EQ(shown["Volumes"], json::parse(R"([{"Name":"v1","UsageData":{"RefCount":2,"Size":5}},
                                              {"Name":"v2","UsageData":{"RefCount":0,"Size":-1}}])"));
  EXPECT_EQ(shown["Containers"].size(), 2u);
  EXPECT_EQ(shown["BuildCache"], json::array());
}

TEST(UsageJson, only_the_types_that_were_asked_for_are_told) {
  const json shown = usage_json(parts(), kSizes, *usage_types({"volume"}));
  EXPECT_EQ(shown["Volumes"].size(), 2u);
  for (const char* other : {"Images", "Containers", "BuildCache"}) EXPECT_EQ(shown[other], nullptr) << other;
  EXPECT_EQ(usage_types({"odd"}).error().text(), "unknown object type: odd");
}

}  // namespace
}  // namespace skein::api
