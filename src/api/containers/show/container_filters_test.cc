// `docker ps --filter …` must find what it is asked for, and `docker container prune --filter …` take no more than
// that.
#include "api/containers/show/container_filters.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using containers::Health;
using containers::HealthRecord;
using nlohmann::json;

// Newest first.
const json kContainers = json::parse(R"all([
  {"Id":"d4","Names":["/job"],"State":"created","Status":"Created","Created":400,"ImageID":"sha256:i2","Labels":{"stage":"x"}},
  {"Id":"c3","Names":["/web-2"],"State":"running","Status":"Up 1 second","Created":300,"ImageID":"sha256:i1",
   "Labels":{"com.docker.swarm.task.id":"t1"},"Mounts":[{"Name":"data","Source":"/v/data","Destination":"/d"}],
   "NetworkSettings":{"Networks":{"appnet":{"NetworkID":"n1"},"bridge":{"NetworkID":"n2"}}},
   "Ports":[{"PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"PrivatePort":53,"Type":"udp"}]},
  {"Id":"b2","Names":["/old"],"State":"exited","Status":"Exited (3) 5 minutes ago","Created":200,"ImageID":"sha256:i1",
   "Labels":{"stage":"x","keep":""}},
  {"Id":"aa1","Names":["/web-1"],"State":"paused","Status":"Up 1 hour (Paused)","Created":100,"ImageID":"sha256:i2","Labels":{}
},
  {"Id":"a01","Names":["/over"],"State":"stopped","Status":"Exited (137) 1 hour ago","Created":50,"ImageID":"sha256:i2","Labels":{}}
])all");

io::http::Query asking(const std::string& filters, bool is_all = false, const char* limit = "") {
  io::http::Query query;
  if (!filters.empty()) query.set("filters", filters);
  if (is_all) query.set("all", "1");
  if (*limit != 0) query.set("limit", limit);
  return query;
}

std::string names_of_picked(const io::http::Query& query) {
  static const containers::HealthRecord kHealthy(containers::Health::kHealthy);
  auto filters = ContainerFilters::of_list(query);
  if (!filters.ok()) return filters.error().text();
  if (filters->ancestors().contains("busybox")) filters->know_image("sha256:i1");
  auto picked = filters->pick(kContainers, [](const std::string& id) { return id == "c3" ? &kHealthy : nullptr; });
  if (!picked.ok()) return picked.error().text();
  std::string out;
  for (const auto& entry : *picked) out += (out.empty() ? "" : " ") + std::string(entry["Names"][0]).substr(1);
  return out;
}

TEST(ContainerFilters, every_filter_finds_what_it_names) {
  struct Case {
    const char* filters;
    const char* wanted;      // with all=1
    const char* of_running;  // without
  };
  for (const auto& [filters, wanted, of_running] : {
           Case{R"({"label":["stage=x"]})", "job old", ""},
           Case{R"({"label":{"stage":true,"keep":true}})", "old", ""},
           Case{R"({"name":["web"]})", "web-2 web-1", "web-2 web-1"},
           Case{R"({"name":["^/web-1$"]})", "web-1", "web-1"},
           Case{R"({"name":["^old$"]})", "old", ""},
           Case{R"({"id":["^a"]})", "web-1 over", "web-1"},
           Case{R"({"status":["exited"]})", "old over", "old over"},
           Case{R"({"status":["running","paused"]})", "web-2 web-1", "web-2 web-1"},
           Case{R"({"status":["created"]})", "job", "job"},
           Case{R"({"exited":["3"]})", "old", ""},
           Case{R"({"exited":["137","3"]})", "old over", ""},
           Case{R"({"exited":["0"]})", "", ""},
           Case{R"({"health":["healthy"]})", "web-2", "web-2"},
           Case{R"({"health":{"none":true}})", "job old web-1 over", "web-1"},
           Case{R"({"before":["old"]})", "web-1 over", "web-1"},
           Case{R"({"since":["b2"]})", "job web-2", "web-2"},
           Case{R"({"since":["aa"],"before":["/job"]})", "web-2 old", "web-2"},
           Case{R"({"ancestor":["busybox"]})", "web-2 old", "web-2"},
           Case{R"({"ancestor":["nosuch"]})", "", ""},
           Case{R"({"volume":["data"]})", "web-2", "web-2"},
           Case{R"({"volume":["/d"]})", "web-2", "web-2"},
           Case{R"({"volume":["dat"]})", "", ""},
           Case{R"({"network":["appnet"]})", "web-2", "web-2"},
           Case{R"({"network":["n2"]})", "web-2", "web-2"},
           Case{R"({"network":["app"]})", "", ""},
           Case{R"({"publish":["8080"]})", "web-2", "web-2"},
           Case{R"({"publish":["8000-8090/tcp"]})", "web-2", "web-2"},
           Case{R"({"publish":["80"]})", "", ""},
           Case{R"({"expose":["53/udp"]})", "web-2", "web-2"},
           Case{R"({"is-task":["true"]})", "web-2", "web-2"},
           Case{R"({"is-task":["false"]})", "job old web-1 over", "web-1"},
           Case{R"({"name":["web"],"status":["paused"]})", "web-1", "web-1"},
       }) {
    EXPECT_EQ(names_of_picked(asking(filters, true)), wanted) << filters;
    EXPECT_EQ(names_of_picked(asking(filters)), of_running) << filters;
  }
}

TEST(ContainerFilters, a_limit_counts_what_has_passed) {
  EXPECT_EQ(names_of_picked(asking(R"({"label":["stage=x"]})", false, "1")), "job");
  EXPECT_EQ(names_of_picked(asking("", false, "2")), "job web-2");
  EXPECT_EQ(names_of_picked(asking("", true, "-1")), "job web-2 old web-1 over");
}

TEST(ContainerFilters, without_a_question_those_that_live_are_shown) {
  EXPECT_EQ(names_of_picked(asking("")), "web-2 web-1");
  EXPECT_EQ(names_of_picked(asking("{}", true)), "job web-2 old web-1 over");
}

TEST(ContainerFilters, what_docker_refuses_is_refused) {
  const std::pair<const char*, const char*> kRefused[] = {
      {R"({"health":["well"]})", "Unrecognised filter value for health: well"},
      {R"({"status":["odd"]})", "invalid filter 'status=odd'"},
      {R"({"exited":["x"]})", "invalid filter 'exited=x'"},
      {R"({"publish":["99999"]})", "invalid filter 'publish=99999'"},
      {R"({"is-task":["x"]})", "invalid filter 'is-task=[x]'"},
      {R"({"colour":["red"]})", "invalid filter 'colour'"},
      {R"({"before":["nosuch"]})", "No such container: nosuch"},
      {"what", "invalid filter"},
  };
  for (const auto& [filters, wanted] : kRefused) EXPECT_EQ(names_of_picked(asking(filters)), wanted) << filters;
}

TEST(ContainerFilters, prune_takes_ended_containers_that_the_filters_name_and_never_more) {
  const std::pair<const char*, const char*> kCases[] = {
      {"{}", "job old over"},
      {R"({"label":["stage=x"]})", "job old"},
      {R"({"label":["stage=y"]})", ""},
      {R"({"label!":["keep"]})", "job over"},
      {R"({"label":["stage"],"label!":["keep"]})", "job"},
      {R"({"until":["200"]})", "old over"},
      {R"({"until":["15m"]})", "over"},
  };
  const WallTime now{1'000'000'000'000};
  for (const auto& [text, wanted] : kCases) {
    auto filters = ContainerFilters::of_prune(asking(text), now);
    ASSERT_TRUE(filters.ok()) << text;
    std::string out;
    for (const auto& entry : kContainers)
      if (filters->prunes(entry)) out += (out.empty() ? "" : " ") + std::string(entry["Names"][0]).substr(1);
    EXPECT_EQ(out, wanted) << text;
  }
  EXPECT_EQ(ContainerFilters::of_prune(asking(R"({"status":["exited"]})"), now).error().text(),
            "invalid filter 'status'");
}

}  // namespace
}  // namespace skein::api
