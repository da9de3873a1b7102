// Every list's filters: those that it knows, one that it does not, and values that it cannot read.
#include "api/containers/show/container_filters.h"
#include "api/events/event_filters.h"
#include "api/images/image_filters.h"
#include "api/networks/network_filters.h"
#include "api/swarm/swarm_routes_for_test.h"
#include "api/volumes/volume_filters.h"

namespace skein::api {
namespace {

struct ListCase {
  const char* list;
  std::vector<const char*> known;
  std::vector<std::pair<const char*, const char*>> bad;  // filters, and the status and words of the refusal
};

const std::vector<ListCase>& list_cases() {
  static const std::vector<ListCase> kCases{
      {"nodes",
       {"id", "label", "membership", "name", "node.label", "role"},
       {{R"({"role":["bogus"]})", "500 Invalid role filter: 'bogus'"},
        {R"({"membership":["bogus"]})", "500 Invalid membership filter: 'bogus'"}}},
      {"services", {"id", "label", "mode", "name", "runtime"}, {}},
      {"tasks",
       {"_up-to-date", "desired-state", "id", "label", "name", "runtime"},
       {{R"({"desired-state":["bogus"]})", "500 Invalid desired-state filter: 'bogus'"},
        {R"({"service":["bogus"]})", "404 service bogus not found"},
        {R"({"node":["bogus"]})", "404 node bogus not found"}}},
      {"secrets", {"id", "label", "name", "names"}, {}},
      {"configs", {"id", "label", "name"}, {}},
      {"networks",
       {"dangling", "driver", "id", "label", "name", "scope", "type"},
       {{R"({"dangling":["bogus"]})",
         R"(400 invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0"))"},
        {R"({"dangling":["true","false"]})", R"(400 got more than one value for filter key "dangling")"},
        {R"({"type":["bogus"]})", "500 invalid filter: 'type'='bogus'"}}},
      {"images",
       {"before", "dangling", "label", "label!", "reference", "since", "until"},
       {{R"({"dangling":["bogus"]})", "400 invalid filter 'dangling=[bogus]'"},
        {R"({"until":["bogus"]})", "400 failed to parse value as time or duration: \"bogus\""}}},
      {"volumes",
       {"dangling", "driver", "label", "name"},
       {{R"({"dangling":["bogus"]})", "400 invalid filter 'dangling=[bogus]'"}}},
      {"containers",
       {"ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation", "label", "name", "network",
        "publish", "since", "status", "volume"},
       {{R"({"is-task":["bogus"]})", "400 invalid filter 'is-task=[bogus]'"},
        {R"({"status":["bogus"]})", "400 invalid filter 'status=bogus'"}}},
      {"events",
       {"config", "container", "daemon", "event", "image", "label", "network", "node", "plugin", "scope", "secret",
        "service", "type", "volume"},
       {}}};
  return kCases;
}

class ListFiltersTable : public SwarmRoutes {
 protected:
  template <class Filters>
  static std::string told(const Result<Filters>& filters) {
    if (filters.ok()) return "200";
    const Response response = Response::of_error(filters.error());
    return std::to_string(response.status) + " " + filters.error().text();
  }

  // "200", or the status and the words of the refusal.
  std::string answer(const std::string& list, const std::string& filters) {
    io::http::Query query;
    query.set("filters", filters);
    const WallTime now{0};
    if (list == "networks") return told(NetworkFilters::of_list(query));
    if (list == "images") return told(ImageFilters::of_list(query, now));
    if (list == "volumes") return told(VolumeFilters::of_list(query));
    if (list == "containers") return told(ContainerFilters::of_list(query));
    if (list == "events") return told(EventFilters::of(query));
    Answer got = ask("GET", "/" + list + "?filters=" + io::http::percent_encode(filters));
    return got.status == 200 ? "200" : std::to_string(got.status) + " " + message(got);
  }
};

// Values that each filter takes.
std::string fitting(const std::string& filter) {
  static const std::map<std::string, std::string> kValues{
      {"role", "manager"},   {"membership", "accepted"}, {"desired-state", "running"}, {"dangling", "true"},
      {"type", "custom"},    {"is-task", "true"},        {"status", "running"},        {"exited", "0"},
      {"health", "healthy"}, {"publish", "80"},          {"expose", "80/udp"},         {"until", "10m"}};
  const auto found = kValues.find(filter);
  return found == kValues.end() ? "x" : found->second;
}

TEST_F(ListFiltersTable, known_ones_are_taken_in_both_forms) {
  for (const auto& one : list_cases())
    for (const char* filter : one.known) {
      if (std::string(one.list) == "events" && std::string(filter) == "type") continue;
      const std::string value = fitting(filter);
      EXPECT_EQ(answer(one.list, json{{filter, {value}}}.dump()), "200") << one.list << " " << filter;
      EXPECT_EQ(answer(one.list, json{{filter, {{value, true}}}}.dump()), "200") << one.list << " " << filter;
      EXPECT_EQ(answer(one.list, json{{filter, json::array()}}.dump()), "200") << one.list << " " << filter;
    }
}

TEST_F(ListFiltersTable, others_are_refused_by_name) {
  for (const auto& one : list_cases()) {
    EXPECT_EQ(answer(one.list, R"({"bogus":["x"]})"), "400 invalid filter 'bogus'") << one.list;
    EXPECT_EQ(answer(one.list, "[]"), "400 invalid filter") << one.list;
    EXPECT_EQ(answer(one.list, R"({"label":"x"})"), "400 invalid filter") << one.list;
  }
}

TEST_F(ListFiltersTable, bad_values_are_refused_with_dockers_words_and_status) {
  for (const auto& one : list_cases())
    for (const auto& [filters, wanted] : one.bad) EXPECT_EQ(answer(one.list, filters), wanted) << one.list;
}

// As Docker has it: it compares the texts.
TEST_F(ListFiltersTable, a_mode_or_scope_that_nothing_has_finds_nothing) {
  EXPECT_EQ(answer("services", R"({"mode":["bogus"]})"), "200");
  EXPECT_EQ(answer("networks", R"({"scope":["bogus"]})"), "200");
  const json network{{"Name", "n"}, {"Id", "i"}, {"Driver", "bridge"}, {"Scope", "local"}, {"Labels", json::object()}};
  io::http::Query query;
  query.set("filters", R"({"scope":["bogus"]})");
  EXPECT_FALSE(NetworkFilters::of_list(query)->lists(network, true));
}

}  // namespace
}  // namespace skein::api
