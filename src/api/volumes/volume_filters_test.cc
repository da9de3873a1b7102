// `docker volume prune` must not take a volume that somebody gave a name: that is where data lies.
#include "api/volumes/volume_filters.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using nlohmann::json;

constexpr io::http::ApiVersion kOld{1, 41}, kNew{1, 42};

json volume(const std::string& name, json labels = nullptr, const std::string& driver = "local") {
  return {{"Name", name}, {"Driver", driver}, {"Labels", labels}};
}

const std::vector<std::pair<json, bool>> kVolumes{
    {volume("named"), false},
    {volume("busy"), true},
    {volume("stage", {{"stage", "x"}, {"keep", ""}}), false},
    {volume("anon", {{kAnonymousLabel, ""}}), false},
    {volume("anon-busy", {{kAnonymousLabel, ""}}), true},
    {volume("anon-stage", {{kAnonymousLabel, ""}, {"stage", "x"}}), false},
    {volume("remote", nullptr, "nfs"), false},
};

io::http::Query asking_volumes(const std::string& filters) {
  io::http::Query query;
  query.set("filters", filters);
  return query;
}

template <class Passes>
std::string volumes_that(Passes passes) {
  std::string out;
  for (const auto& [shown, is_used] : kVolumes)
    if (passes(shown, is_used)) out += (out.empty() ? "" : " ") + std::string(shown["Name"]);
  return out;
}

TEST(VolumeFilters, prune_takes_anonymous_volumes_unless_all_are_asked_for) {
  struct Case {
    io::http::ApiVersion version;
    const char* filters;
    const char* wanted;
  };
  for (const auto& [version, text, wanted] : {
           Case{kNew, "{}", "anon anon-stage"},
           Case{kNew, R"({"all":["false"]})", "anon anon-stage"},
           Case{kNew, R"({"all":["true"]})", "named stage anon anon-stage"},
           Case{kNew, R"({"all":{"1":true},"label":["stage"]})", "stage anon-stage"},
           Case{kNew, R"({"label":["stage=x"]})", "anon-stage"},
           Case{kNew, R"({"label":["stage=y"]})", ""},
           Case{kNew, R"({"label!":["stage"]})", "anon"},
           Case{kNew, R"({"all":["1"],"label!":["keep"]})", "named anon anon-stage"},
           Case{kOld, "{}", "named stage anon anon-stage"},
           Case{kOld, R"({"label":["stage=x"]})", "stage anon-stage"},
           Case{kOld, R"({"label!":["stage"]})", "named anon"},
       }) {
    auto filters = VolumeFilters::of_prune(asking_volumes(text), version);
    ASSERT_TRUE(filters.ok()) << text;
    EXPECT_EQ(volumes_that([&](auto& shown, bool is_used) { return filters->prunes(shown, is_used); }), wanted) << text;
  }
}

TEST(VolumeFilters, lists_show_what_the_filters_name) {
  const std::pair<const char*, const char*> kCases[] = {
      {"{}", "named busy stage anon anon-busy anon-stage remote"},
      {R"({"dangling":["true"]})", "named stage anon anon-stage remote"},
      {R"({"dangling":["0"]})", "busy anon-busy"},
      {R"({"driver":["nfs"]})", "remote"},
      {R"({"name":["anon"]})", "anon anon-busy anon-stage"},
      {R"({"name":["^anon$","named"]})", "named anon"},
      {R"({"label":["stage=x"]})", "stage anon-stage"},
      {R"({"label":["com.docker.volume.anonymous"],"dangling":["1"]})", "anon anon-stage"},
  };
  for (const auto& [text, wanted] : kCases) {
    auto filters = VolumeFilters::of_list(asking_volumes(text));
    ASSERT_TRUE(filters.ok()) << text;
    EXPECT_EQ(volumes_that([&](auto& shown, bool is_used) { return filters->lists(shown, is_used); }), wanted) << text;
  }
}

TEST(VolumeFilters, what_docker_refuses_is_refused) {
  EXPECT_EQ(VolumeFilters::of_prune(asking_volumes(R"({"until":["1h"]})"), kNew).error().text(),
            "invalid filter 'until'");
  EXPECT_EQ(VolumeFilters::of_prune(asking_volumes(R"({"all":["x"]})"), kNew).error().text(),
            "invalid filter 'all=[x]'");
  EXPECT_EQ(VolumeFilters::of_list(asking_volumes(R"({"all":["1"]})")).error().text(), "invalid filter 'all'");
  EXPECT_EQ(VolumeFilters::of_list(asking_volumes("x")).error().text(), "invalid filter");
}

}  // namespace
}  // namespace skein::api
