// Which containers come back when a daemon starts, and what the others are shown as: Docker's answers.
#include "containers/life/revival.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace skein::containers {
namespace {

using nlohmann::json;

Remains remains(const std::string& policy, int exit_code, bool is_stopped = false) {
  Remains out;
  out.policy = policy;
  out.exit_code = exit_code;
  out.is_stopped_by_user = is_stopped;
  return out;
}

TEST(Revival, restart_policies_start_what_docker_starts_with_its_daemon) {
  EXPECT_EQ(revival_of(remains("no", 255)), Revival::kLeave);
  EXPECT_EQ(revival_of(remains("", 255)), Revival::kLeave);
  EXPECT_EQ(revival_of(remains("always", 0)), Revival::kStart);
  EXPECT_EQ(revival_of(remains("always", 0, true)), Revival::kStart) << "a stop holds until the daemon starts";
  EXPECT_EQ(revival_of(remains("unless-stopped", 0)), Revival::kStart);
  EXPECT_EQ(revival_of(remains("unless-stopped", 137, true)), Revival::kLeave);
  EXPECT_EQ(revival_of(remains("on-failure", 255)), Revival::kStart);
  EXPECT_EQ(revival_of(remains("on-failure", 0)), Revival::kLeave);
}

TEST(Revival, a_stop_holds_while_the_daemon_lives) {
  EXPECT_TRUE(is_restarted(remains("always", 0)));
  EXPECT_FALSE(is_restarted(remains("always", 0, true)));
  EXPECT_TRUE(is_restarted(remains("on-failure", 1)));
  EXPECT_FALSE(is_restarted(remains("no", 1)));
}

TEST(Revival, a_run_is_as_long_as_it_was) {
  json container =
      json::parse(R"({"State":{"StartedAt":"2026-11-26T10:00:00Z","FinishedAt":"2026-11-26T10:00:09.5Z"}})");
  const WallTime began{1'795'687'200'000'000'000};
  EXPECT_EQ(run_time(container, began + std::chrono::hours(1)), std::chrono::milliseconds(9500));
  container["State"]["FinishedAt"] = "2026-11-26T09:00:00Z";  // of the run before
  EXPECT_EQ(run_time(container, began + std::chrono::seconds(3)), std::chrono::seconds(3));
  EXPECT_EQ(run_time(json(), began), Duration::zero());
}

TEST(Revival, failures_are_counted_and_leftovers_of_rm_go) {
  Remains failing = remains("on-failure", 1);
  failing.retries_max = 3;
  failing.restarts = 2;
  EXPECT_EQ(revival_of(failing), Revival::kStart);
  failing.restarts = 3;
  EXPECT_EQ(revival_of(failing), Revival::kLeave);
  Remains once = remains("no", 0);
  once.is_auto_removed = true;
  EXPECT_EQ(revival_of(once), Revival::kRemove);
}

TEST(Revival, a_lost_exit_code_is_a_failure) {
  json container = json::parse(R"({"RestartCount":1,"State":{"ExitCode":0},"HostConfig":{"AutoRemove":false,
    "RestartPolicy":{"Name":"on-failure","MaximumRetryCount":2}}})");
  LifeNote note;
  EXPECT_EQ(revival_of(remains_of(container, note)), Revival::kLeave);
  note.lost_at = WallTime{1};
  Remains lost = remains_of(container, note);
  EXPECT_EQ(lost.exit_code, 255);
  EXPECT_EQ(lost.retries_max, 2);
  EXPECT_EQ(lost.restarts, 1);
  EXPECT_EQ(revival_of(lost), Revival::kStart);
  EXPECT_EQ(revival_of(remains_of(json(), note)), Revival::kLeave) << "no inspection, no decision";
}

TEST(Revival, what_does_not_run_is_to_be_detached) {
  json listed = json::parse(R"([{"Id":"a","State":"running"},{"Id":"b","State":"exited"},{"Id":"c","State":"paused"},
    {"Id":"d","State":"created"},{"Id":"e","State":"stopping"},{"Id":"f","State":"running"}])");
  EXPECT_EQ(ended_containers({"a", "b", "c", "d", "e", "gone"}, listed), (std::set<std::string>{"b", "d", "gone"}));
}

TEST(Revival, only_signals_that_end_a_container_count_as_a_stop) {
  for (const char* signal : {"", "KILL", "SIGKILL", "9", "sigterm", "TERM", "15", "INT", "SIGQUIT", "ABRT"})
    EXPECT_TRUE(is_ending_signal(signal, "SIGTERM")) << signal;
  for (const char* signal : {"HUP", "SIGUSR1", "10", "WINCH", "nonsense", "1", "999"})
    EXPECT_FALSE(is_ending_signal(signal, "15")) << signal;
  EXPECT_TRUE(is_ending_signal("USR1", "SIGUSR1"));
  EXPECT_TRUE(is_ending_signal("10", "SIGUSR1"));
}

TEST(Revival, a_lost_run_is_shown_as_255_since_it_was_found_and_a_wait_as_restarting) {
  const WallTime ended{1'795'651'200'000'000'000};
  json waiting{{"State", {{"Status", "exited"}, {"Running", false}, {"ExitCode", 0}}}};
  present_restarting(waiting, {3, ended});
  EXPECT_EQ(waiting["State"]["Status"], "restarting");
  EXPECT_EQ(waiting["State"]["ExitCode"], 3);
  json listed{{"State", "exited"}, {"Status", "Exited (0) 292 years ago"}};
  present_restarting_entry(listed, {3, ended}, ended + std::chrono::seconds(5));
  EXPECT_EQ(listed["Status"], "Restarting (3) 5 seconds ago");
  const WallTime found{1'795'651'200'000'000'000};
  json container{{"State", {{"Status", "exited"}, {"ExitCode", 0}, {"FinishedAt", "0001-01-01T00:00:00Z"}}}};
  present_lost_run(container, found);
  EXPECT_EQ(container["State"]["ExitCode"], 255);
  EXPECT_EQ(container["State"]["FinishedAt"], found.rfc3339());
  json entry{{"State", "exited"}, {"Status", "Exited (0) 292 years ago"}};
  present_lost_entry(entry, found, found + std::chrono::minutes(5));
  EXPECT_EQ(entry["Status"], "Exited (255) 5 minutes ago");
}

}  // namespace
}  // namespace skein::containers
