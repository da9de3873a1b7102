// `docker ps` and `docker inspect` must tell how a container is.
#include "api/containers/show/health_json.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using containers::Health;
using containers::HealthRecord;
using nlohmann::json;

TEST(HealthJson, inspection_shows_the_last_results) {
  containers::HealthRecord record(containers::Health::kStarting);
  record.add({}, {WallTime{1'795'651'200'000'000'000}, WallTime{1'795'651'200'250'000'000}, 1, "no\n"},
             std::chrono::seconds(1));
  json container{{"State", {{"Running", true}, {"Health", {{"Status", "engine's"}}}}}};
  present_health(container, &record);
  EXPECT_EQ(container["State"]["Health"],
            json::parse(R"({"Status":"starting","FailingStreak":1,"Log":[{"Start":"2026-11-26T00:00:00.000000000Z",
              "End":"2026-11-26T00:00:00.250000000Z","ExitCode":1,"Output":"no\n"}]})"));
  present_health(container, nullptr);
  EXPECT_EQ(container, (json{{"State", {{"Running", true}}}}));
}

// As Docker shows it; the results of before stay.
TEST(HealthJson, what_has_ended_is_unhealthy_however_it_was) {
  containers::HealthRecord healthy(containers::Health::kHealthy);
  EXPECT_EQ(shown_health(true, &healthy)->health(), containers::Health::kHealthy);
  EXPECT_EQ(shown_health(false, &healthy)->health(), containers::Health::kUnhealthy);
  EXPECT_FALSE(shown_health(false, nullptr));
  const json ended = json::parse(R"({"State":{"Status":"exited","Running":false,"StartedAt":"2026-11-26T10:00:00Z",
    "FinishedAt":"2026-11-26T11:00:00Z"},"Config":{"Healthcheck":{"Test":["CMD-SHELL","true"]}}})");
  json container = ended;
  present_health(container, &healthy);
  EXPECT_EQ(container["State"]["Health"]["Status"], "unhealthy");
  container = ended;
  present_health(container, nullptr);
  EXPECT_EQ(container["State"]["Health"]["Status"], "unhealthy") << "an earlier daemon checked it";
  container = ended;
  container["State"]["Status"] = "created";
  present_health(container, nullptr);
  EXPECT_FALSE(container["State"].contains("Health")) << "it never ran";
  container = ended;
  container["Config"]["Healthcheck"]["Test"] = {"NONE"};
  present_health(container, nullptr);
  EXPECT_FALSE(container["State"].contains("Health"));
}

TEST(HealthJson, a_list_shows_it_behind_the_status) {
  containers::HealthRecord starting(containers::Health::kStarting), unhealthy(containers::Health::kUnhealthy);
  constexpr io::http::ApiVersion kOld{1, 51}, kNew{1, 52};
  json entry{{"State", "running"}, {"Status", "Up 5 minutes"}};
  present_entry_health(entry, nullptr, kOld);
  EXPECT_FALSE(entry.contains("Health"));
  json newer = entry;
  present_entry_health(newer, nullptr, kNew);
  EXPECT_EQ(newer["Health"], json::parse(R"({"Status":"none","FailingStreak":0})"));
  present_entry_health(newer, &unhealthy, kNew);
  EXPECT_EQ(newer["Health"]["Status"], "unhealthy");
  EXPECT_EQ(entry["Status"], "Up 5 minutes");
  json other = entry;
  present_entry_health(entry, &starting, kOld);
  EXPECT_EQ(entry["Status"], "Up 5 minutes (health: starting)");
  present_entry_health(other, &unhealthy, kOld);
  EXPECT_EQ(other["Status"], "Up 5 minutes (unhealthy)");
  json ended{{"State", "exited"}, {"Status", "Exited (0) 1 second ago"}};
  present_entry_health(ended, &unhealthy, kOld);
  EXPECT_EQ(ended["Status"], "Exited (0) 1 second ago");
}

}  // namespace
}  // namespace skein::api
