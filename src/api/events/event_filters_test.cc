// `docker events --filter …` tells what it is asked for: scripts wait for it.
#include "api/events/event_filters.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using nlohmann::json;

const json kEvents = json::parse(R"([
  {"Type":"container","Action":"start","scope":"local","Actor":{"ID":"c111","Attributes":{"name":"web-1","image":"busybox:latest","stage":"x"}}},
  {"Type":"container","Action":"exec_create: ls","scope":"local","Actor":{"ID":"c222","Attributes":{"name":"db","image":"quay.io/org/db:v1"}}},
  {"Type":"container","Action":"health_status: healthy","scope":"local","Actor":{"ID":"c222","Attributes":{"name":"db","image":"quay.io/org/db:v1"}}},
  {"Type":"image","Action":"tag","scope":"local","Actor":{"ID":"sha256:aa","Attributes":{"name":"busybox:1"}}},
  {"Type":"network","Action":"connect","scope":"swarm","Actor":{"ID":"n111","Attributes":{"name":"web-net","container":"c111"}}},
  {"Type":"volume","Action":"create","scope":"local","Actor":{"ID":"data","Attributes":{"driver":"local"}}}
])");

std::string told(const std::string& text) {
  io::http::Query query;
  query.set("filters", text);
  auto filters = EventFilters::of(query);
  if (!filters.ok()) return filters.error().text();
  std::string out;
  for (size_t i = 0; i < kEvents.size(); ++i)
    if (filters->pass(kEvents[i])) out += std::to_string(i);
  return out;
}

TEST(EventFilters, tell_what_they_name) {
  const std::pair<const char*, const char*> kCases[] = {
      {"{}", "012345"},
      {R"({"type":["image","volume"]})", "35"},
      {R"({"type":{"network":true}})", "4"},
      {R"({"event":["start"]})", "0"},
      {R"({"event":["exec_create"]})", "1"},
      {R"({"event":["exec_create: ls","health_status"]})", "12"},
      {R"({"event":["health_status: unhealthy"]})", ""},
      {R"({"scope":["swarm"]})", "4"},
      {R"({"label":["stage"]})", "0"},
      {R"({"label":["stage=y"]})", ""},
      {R"({"container":["web-1"]})", "0"},
      {R"({"container":["c2"]})", "12"},
      {R"({"container":["web"]})", "0"},
      {R"({"network":["web-net"]})", "4"},
      {R"({"network":["c111"]})", ""},
      {R"({"volume":["data"]})", "5"},
      {R"({"image":["busybox"]})", "03"},
      {R"({"image":["busybox:1"]})", "3"},
      {R"({"image":["busy"]})", ""},
      {R"({"image":["quay.io/org/db"]})", "12"},
      {R"({"container":["db"],"event":["start"]})", ""},
      {R"({"colour":["red"]})", "invalid filter 'colour'"},
      {R"({"type":"image"})", "invalid filter"},
      {"x", "invalid filter"},
  };
  for (const auto& [text, wanted] : kCases) EXPECT_EQ(told(text), wanted) << text;
}

}  // namespace
}  // namespace skein::api
