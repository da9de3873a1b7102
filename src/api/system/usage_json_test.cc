// `docker system df` must tell what room is taken and what a prune would give back.
#include "api/system/usage_json.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using nlohmann::json;

UsageParts parts() {
  return {json::parse(R"([{"Id":"sha256:i1","Size":150,"Containers":-1,"SharedSize":-1},
                          {"Id":"sha256:i2","Size":120,"Containers":-1,"SharedSize":-1}])"),
          json::parse(R"([{"Id":"c1","ImageID":"sha256:i1","State":"exited","SizeRw":7,"Mounts":[{"Name":"v1"}]},
                          {"Id":"c2","State":"running","ImageID":"sha256:i1","Mounts":[{"Name":"v1"}]}])"),
          json::parse(R"([{"Name":"v1"},{"Name":"v2"}])")};
}

const DiskSizes kSizes = disk_sizes(json::parse(R"({
  "Images":[{"ImageID":"i1","SharedSize":100,"UniqueSize":50},{"ImageID":"i2","SharedSize":100,"UniqueSize":20}],
  "Containers":[{"ContainerID":"c1","RWSize":7}],
  "Volumes":[{"VolumeName":"v1","Size":5}]})"));

TEST(UsageJson, what_is_used_and_shared_is_counted) {
  EXPECT_EQ(kSizes.containers.at("c1"), 7);
  const json shown = usage_json(parts(), kSizes, *usage_types({}), UsageForm::kLists);
  EXPECT_EQ(shown["LayersSize"], 170);
  EXPECT_EQ(shown["Images"], json::parse(R"([{"Id":"sha256:i1","Size":150,"Containers":2,"SharedSize":100},
                                             {"Id":"sha256:i2","Size":120,"Containers":0,"SharedSize":100}])"));
  EXPECT_EQ(shown["Volumes"], json::parse(R"([{"Name":"v1","UsageData":{"RefCount":2,"Size":5}},
                                              {"Name":"v2","UsageData":{"RefCount":0,"Size":-1}}])"));
  EXPECT_EQ(shown["Containers"].size(), 2u);
  EXPECT_EQ(shown["BuildCache"], json::array());
}

TEST(UsageJson, only_the_types_that_were_asked_for_are_told) {
  const json shown = usage_json(parts(), kSizes, *usage_types({"volume"}), UsageForm::kLists);
  EXPECT_EQ(shown["Volumes"].size(), 2u);
  for (const char* other : {"Images", "Containers", "BuildCache"}) EXPECT_EQ(shown[other], nullptr) << other;
  EXPECT_EQ(usage_types({"odd"}).error().text(), "unknown object type: odd");
}

TEST(UsageJson, newer_clients_get_sums_and_as_long_as_they_do_not_say_so_lists_too) {
  auto form = [](io::http::ApiVersion version, const char* query) {
    io::http::Request request;
    request.version = version;
    request.query = io::http::Query::parse(query);
    return usage_form(request);
  };
  EXPECT_EQ(form({1, 51}, "verbose=1"), UsageForm::kLists);
  EXPECT_EQ(form({1, 52}, ""), UsageForm::kBoth);
  EXPECT_EQ(form({1, 55}, "verbose=1"), UsageForm::kSums);

  json sums = usage_json(parts(), kSizes, *usage_types({}), UsageForm::kSums);
  EXPECT_EQ(sums.size(), 4u);
  for (const char* name : {"ImageUsage", "ContainerUsage", "VolumeUsage"}) {
    EXPECT_EQ(sums[name]["Items"].size(), 2u) << name;
    sums[name].erase("Items");
  }
  EXPECT_EQ(sums, json::parse(R"({"ImageUsage":{"ActiveCount":1,"TotalCount":2,"TotalSize":170,"Reclaimable":120},
      "ContainerUsage":{"ActiveCount":1,"TotalCount":2,"TotalSize":7,"Reclaimable":7},
      "VolumeUsage":{"ActiveCount":1,"TotalCount":2,"TotalSize":5},"BuildCacheUsage":{}})"));

  const json both = usage_json(parts(), kSizes, *usage_types({"volume"}), UsageForm::kBoth);
  EXPECT_EQ(both["Volumes"], both["VolumeUsage"]["Items"]);
  EXPECT_EQ(both.size(), 2u) << both;
}

}  // namespace
}  // namespace skein::api
