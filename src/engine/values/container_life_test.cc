// `docker wait` in a script must not read a success that was none.
#include "engine/values/container_life.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace skein::engine {
namespace {

using nlohmann::json;

json container(std::string status, bool is_running, std::string started, std::string finished) {
  return {{"State",
           {{"Status", status},
            {"Running", is_running},
            {"ExitCode", 137},
            {"StartedAt", started},
            {"FinishedAt", finished}}}};
}

constexpr const char* kNever = "0001-01-01T00:00:00Z";

TEST(ContainerLife, has_ended_only_when_the_exit_code_is_known) {
  EXPECT_EQ(life_of(container("created", false, kNever, kNever)), Life::kNew);
  EXPECT_EQ(life_of(container("running", true, "2026-11-22T23:49:13.02Z", kNever)), Life::kRunning);
  EXPECT_EQ(life_of(container("stopping", false, "2026-11-22T23:49:13.02Z", kNever)), Life::kEnding);
  EXPECT_EQ(life_of(container("exited", false, "2026-11-22T23:49:13.02Z", kNever)), Life::kEnding);
  // The second run is ending, the finish is the first one's.
  EXPECT_EQ(life_of(container("exited", false, "2026-11-22T23:49:13.8Z", "2026-11-22T23:49:13.1Z")), Life::kEnding);
  EXPECT_EQ(life_of(container("exited", false, "2026-11-22T23:49:13.8Z", "2026-11-22T23:49:13.80901Z")), Life::kEnded);
  EXPECT_EQ(exit_code_of(container("exited", false, "a", "b")), 137);
}

TEST(ContainerLife, what_ran_when_the_host_went_down_is_not_new) {
  EXPECT_EQ(life_of(container("created", false, "2026-11-28T23:04:18.72Z", kNever)), Life::kEnding);
  EXPECT_EQ(life_of(container("created", false, "2026-11-28T23:04:18.72Z", "2026-11-28T20:00:00Z")), Life::kEnding);
  // Prepared for its next run.
  EXPECT_EQ(life_of(container("created", false, "2026-11-28T20:00:00Z", "2026-11-28T23:04:18.72Z")), Life::kNew);
}

TEST(ContainerLife, is_read_from_json_of_any_shape) {
  for (const char* text :
       {"null", "[]", "{}", R"({"State":3})", R"({"State":{"Status":1,"StartedAt":2,"ExitCode":"x"}})"}) {
    EXPECT_EQ(life_of(json::parse(text)), Life::kEnded) << text;
    EXPECT_EQ(exit_code_of(json::parse(text)), 0);
  }
}

}  // namespace
}  // namespace skein::engine
