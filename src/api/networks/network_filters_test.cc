// `docker network prune --filter label=stage=x` must not take the networks of others with it.
#include "api/networks/network_filters.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using nlohmann::json;

const WallTime kNetworksNow{1'795'382'240'000'000'000};  // 2026-11-22T21:17:20Z

struct Network {
  json shown;
  bool is_used = false;
};

json network(const std::string& name, const std::string& created, json labels = json::object()) {
  return {{"Name", name},
          {"Id", "id-of-" + name},
          {"Driver", name == "mesh" ? "overlay" : "bridge"},
          {"Scope", name == "mesh" ? "swarm" : "local"},
          {"Created", created},
          {"Ingress", name == "mesh"},
          {"Labels", labels}};
}

const std::vector<Network> kNetworks{
    {network("bridge", "2026-11-01T00:00:00Z")},
    {network("host", "1970-01-01T00:00:00Z")},
    {network("mesh", "2026-11-01T00:00:00Z")},
    {network("busy", "2026-11-01T00:00:00Z", {{"stage", "x"}}), true},
    {network("idle", "2026-11-01T00:00:00Z", {{"stage", "x"}})},
    {network("kept", "2026-11-01T00:00:00Z", {{"stage", "y"}, {"keep", ""}})},
    {network("young", "2026-11-22T21:00:00.5Z")},
};

template <class Passes>
std::string names_of(Passes passes) {
  std::string out;
  for (const auto& one : kNetworks)
    if (passes(one)) out += (out.empty() ? "" : " ") + one.shown["Name"].get<std::string>();
  return out;
}

io::http::Query asking_for(const std::string& filters) {
  io::http::Query query;
  query.set("filters", filters);
  return query;
}

TEST(NetworkFilters, prune_takes_what_the_filters_name_and_never_more) {
  const std::pair<const char*, const char*> kCases[] = {
      {"{}", "idle kept young"},
      {R"({"label":["stage=x"]})", "idle"},
      {R"({"label":{"stage":true}})", "idle kept"},
      {R"({"label":["stage=z"]})", ""},
      {R"({"label!":["keep"]})", "idle young"},
      {R"({"label!":["stage"]})", "young"},
      {R"({"label":["stage"],"label!":["keep"]})", "idle"},
      {R"({"until":["1h"]})", "idle kept"},
      {R"({"until":["2026-10-01"]})", ""},
      {R"({"until":["1h"],"label":["keep"]})", "kept"},
  };
  for (const auto& [text, wanted] : kCases) {
    auto filters = NetworkFilters::of_prune(asking_for(text), kNetworksNow);
    ASSERT_TRUE(filters.ok()) << text;
    EXPECT_EQ(names_of([&](const Network& one) { return filters->prunes(one.shown, one.is_used); }), wanted) << text;
  }
}

TEST(NetworkFilters, lists_show_what_the_filters_name) {
  const std::pair<const char*, const char*> kCases[] = {
      {"{}", "bridge host mesh busy idle kept young"},
      {R"({"driver":["overlay"]})", "mesh"},
      {R"({"driver":["overlay","bridge"],"scope":["swarm"]})", "mesh"},
      {R"({"scope":["local"],"type":["custom"]})", "busy idle kept young"},
      {R"({"type":{"builtin":true}})", "bridge host"},
      {R"({"name":["^b"]})", "bridge busy"},
      {R"({"name":["dl"]})", "idle"},
      {R"({"id":["id-of-kept"]})", "kept"},
      {R"({"label":["stage"]})", "busy idle kept"},
      {R"({"label":["stage=x"]})", "busy idle"},
      {R"({"dangling":["true"]})", "mesh idle kept young"},
      {R"({"dangling":["false"]})", "bridge host busy"},
  };
  for (const auto& [text, wanted] : kCases) {
    auto filters = NetworkFilters::of_list(asking_for(text));
    ASSERT_TRUE(filters.ok()) << text;
    EXPECT_EQ(names_of([&](const Network& one) { return filters->lists(one.shown, one.is_used); }), wanted) << text;
  }
}

TEST(NetworkFilters, what_docker_refuses_is_refused) {
  auto prune_refusal = [](const char* text) {
    auto filters = NetworkFilters::of_prune(asking_for(text), kNetworksNow);
    return filters.ok() ? "" : filters.error().text();
  };
  EXPECT_EQ(prune_refusal(R"({"name":["idle"]})"), "invalid filter 'name'");
  EXPECT_EQ(prune_refusal(R"({"dangling":["true"]})"), "invalid filter 'dangling'");
  EXPECT_EQ(prune_refusal("x"), "invalid filter");
  auto list_refusal = [](const char* text) {
    auto filters = NetworkFilters::of_list(asking_for(text));
    return filters.ok() ? "" : filters.error().text();
  };
  EXPECT_EQ(list_refusal(R"({"until":["1h"]})"), "invalid filter 'until'");
  EXPECT_EQ(list_refusal(R"({"type":["odd"]})"), "invalid filter: 'type'='odd'");
  EXPECT_EQ(list_refusal(R"({"dangling":["maybe"]})"),
            "invalid value for filter 'dangling', must be \"true\" (or \"1\"), or \"false\" (or \"0\")");
  EXPECT_EQ(list_refusal(R"({"dangling":["true","1"]})"), "got more than one value for filter key \"dangling\"");
}

}  // namespace
}  // namespace skein::api
