// Tools follow containers by the order of events: a stop that comes before the end, or an end told twice, misleads
// them.
#include "engine/podman/events/life_events.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/values/json_fields.h"

namespace skein::engine {
namespace {

using nlohmann::json;
using Told = std::vector<std::string>;

class LifeEventsTest : public testing::Test {
 protected:
  // Of Podman's, in Docker's form.
  void podman(const std::string& action, int64_t second, const std::string& code = "") {
    json attributes{{"image", "busybox"}, {"name", "web"}, {"k", "v"}};
    if (!code.empty()) attributes["exitCode"] = code;
    events.take({{"Type", "container"},
                 {"Action", action},
                 {"Actor", {{"ID", kId}, {"Attributes", std::move(attributes)}}},
                 {"timeNano", second * kSecond}});
  }
  void exits(int code, int64_t second) { events.on_exit({.id = kId, .exit_code = code}, WallTime{second * kSecond}); }
  LifeEvents::Ending begin(const char* method, const char* target, int64_t second, bool is_running = true) {
    const json container{{"Id", kId},
                         {"Name", "/web"},
                         {"State", {{"Running", is_running}}},
                         {"Config", {{"Image", "docker.io/library/busybox:latest"}, {"StopSignal", "15"}}}};
    return events.begin(parse_life_call(method, target), container, WallTime{second * kSecond});
  }
  void end(const LifeEvents::Ending& ending, bool is_done = true, int64_t second = 0) {
    events.end(ending, is_done, WallTime{second * kSecond});
  }
  Told take() { return std::exchange(told, {}); }

  static constexpr int64_t kSecond = 1'000'000'000;
  const std::string kId = std::string(64, 'a');
  Told told;
  std::vector<json> whole;
  LifeEvents events{[this](json event) {
    const json& attributes = at(at(event, "Actor"), "Attributes");
    std::string text = text_of(event, "Action");
    for (const char* name : {"signal", "exitCode", "execDuration"})
      if (attributes.contains(name)) text += std::string(" ") + name + "=" + text_of(attributes, name);
    told.push_back(text);
    whole.push_back(std::move(event));
  }};
};

TEST_F(LifeEventsTest, a_stop_is_kill_die_stop) {
  podman("start", 10);
  const auto stop = begin("POST", "/containers/web/stop?t=5", 20);
  exits(143, 22);
  podman("stop", 22);
  podman("die", 22, "143");
  end(stop);
  EXPECT_EQ(take(), (Told{"start", "kill signal=15", "die exitCode=143 execDuration=12", "stop"}));
  for (const json& event : whole) {
    EXPECT_EQ(text_of(at(event, "Actor"), "ID"), kId);
    EXPECT_EQ(text_of(at(at(event, "Actor"), "Attributes"), "name"), "web");
  }
}

TEST_F(LifeEventsTest, a_stop_waits_for_an_end_that_is_told_later) {
  podman("start", 10);
  end(begin("POST", "/containers/web/stop", 20));
  EXPECT_EQ(take(), (Told{"start", "kill signal=15"}));
  podman("die", 21, "0");
  EXPECT_EQ(take(), (Told{"die exitCode=0 execDuration=11", "stop"}));
}

TEST_F(LifeEventsTest, who_does_not_stop_is_killed) {
  podman("start", 10);
  const auto stop = begin("POST", "/containers/web/stop?t=5&signal=INT", 20);
  exits(137, 25);
  end(stop);
  EXPECT_EQ(take(), (Told{"start", "kill signal=2", "kill signal=9", "die exitCode=137 execDuration=15", "stop"}));
}

TEST_F(LifeEventsTest, a_restart_is_a_stop_and_a_start) {
  podman("start", 10);
  const auto restart = begin("POST", "/containers/web/restart?t=5", 20);
  podman("restart", 20);
  exits(0, 21);
  end(restart, true, 22);
  podman("die", 21, "0");
  podman("start", 22);
  EXPECT_EQ(take(), (Told{"start", "kill signal=15", "die exitCode=0 execDuration=11", "stop", "start", "restart"}));
  exits(0, 23);
  EXPECT_EQ(take(), (Told{"die exitCode=0 execDuration=1"}));
  podman("die", 23, "0");
  end(begin("POST", "/containers/web/restart", 30, false), true, 31);
  EXPECT_EQ(take(), (Told{"start", "restart"})) << "of what does not run";
  podman("start", 31);
  const auto slow = begin("POST", "/containers/web/restart?t=5", 40);
  end(slow, true, 42);
  EXPECT_EQ(take(), Told{"kill signal=15"}) << "its end is not known yet";
  podman("die", 41, "0");
  podman("start", 42);
  EXPECT_EQ(take(), (Told{"die exitCode=0 execDuration=10", "stop", "start", "restart"}));
}

TEST_F(LifeEventsTest, a_start_is_told_when_it_is_done_and_once) {
  const auto start = begin("POST", "/containers/web/start", 9, false);
  EXPECT_EQ(take(), Told{});
  end(start, true, 10);
  EXPECT_EQ(take(), Told{"start"});
  podman("start", 10);
  exits(0, 12);
  podman("die", 12, "0");
  EXPECT_EQ(take(), Told{"die exitCode=0 execDuration=2"});
  podman("start", 13);
  EXPECT_EQ(take(), Told{"start"}) << "by the engine's policy";
  exits(0, 14);
  podman("die", 14, "0");
  take();
  const auto late = begin("POST", "/containers/web/start", 19, false);
  podman("start", 20);
  exits(5, 20);
  end(late, true, 21);
  EXPECT_EQ(take(), (Told{"start", "die exitCode=5 execDuration=0"}))
      << "told by the engine, and over, before the answer";
  end(begin("POST", "/containers/web/start", 30, false), false);
  EXPECT_EQ(take(), Told{}) << "in vain";
}

TEST_F(LifeEventsTest, an_end_before_the_answer_to_the_start_comes_after_it) {
  const auto start = begin("POST", "/containers/web/start", 9, false);
  exits(3, 10);
  end(start, true, 10);
  podman("start", 10);
  podman("die", 10, "3");
  EXPECT_EQ(take(), (Told{"start", "die exitCode=3 execDuration=0"}));
}

TEST_F(LifeEventsTest, who_starts_what_was_made_here_asks_for_nothing) {
  const LifeCall call = parse_life_call("POST", "/containers/" + kId + "/start");
  EXPECT_FALSE(events.begin_known(call));
  events.on_created({{"Id", kId}, {"Name", "/web"}, {"Config", {{"Image", "busybox"}}}}, WallTime{9 * kSecond});
  const auto known = events.begin_known(call);
  ASSERT_TRUE(known);
  end(*known, true, 10);
  EXPECT_EQ(take(), (Told{"create", "start"}));
  EXPECT_EQ(whole.back()["Actor"]["Attributes"]["name"], "web");
  EXPECT_FALSE(events.begin_known(parse_life_call("POST", "/containers/" + kId + "/stop")));
}

TEST_F(LifeEventsTest, signals_are_told_by_number) {
  podman("start", 10);
  for (const char* signal : {"SIGHUP", "hup", "1"})
    end(begin("POST", (std::string("/containers/web/kill?signal=") + signal).c_str(), 20));
  end(begin("POST", "/containers/web/kill", 21));
  podman("kill", 21);
  exits(137, 21);
  EXPECT_EQ(take(), (Told{"start", "kill signal=1", "kill signal=1", "kill signal=1", "kill signal=9",
                          "die exitCode=137 execDuration=11"}));
  end(begin("POST", "/containers/web/kill?signal=nosuch", 22), false);
  EXPECT_EQ(take(), Told{});
}

TEST_F(LifeEventsTest, a_forced_removal_kills) {
  podman("start", 10);
  const auto removal = begin("DELETE", "/libpod/containers/web?force=true&timeout=0", 20);
  exits(137, 20);
  end(removal);
  podman("die", 20, "137");
  podman("destroy", 20);
  EXPECT_EQ(take(), (Told{"start", "kill signal=9", "die exitCode=137 execDuration=10", "destroy"}));
}

TEST_F(LifeEventsTest, a_creation_is_told_once) {
  events.on_created({{"Id", kId}, {"Name", "/web"}, {"Config", {{"Image", "busybox"}, {"Labels", {{"k", "v"}}}}}},
                    WallTime{9 * kSecond});
  EXPECT_EQ(whole.at(0)["Actor"]["Attributes"], json({{"image", "busybox"}, {"name", "web"}, {"k", "v"}}));
  podman("create", 9);
  podman("start", 10);
  EXPECT_EQ(take(), (Told{"create", "start"}));
  podman("create", 11);
  EXPECT_EQ(take(), Told{"create"}) << "by somebody else";
}

TEST_F(LifeEventsTest, a_start_comes_before_the_end_that_is_known_earlier) {
  exits(3, 11);
  podman("start", 10);
  podman("die", 11, "3");
  EXPECT_EQ(take(), (Told{"start", "die exitCode=3 execDuration=1"}));
  // Runs that follow each other faster than they are told of.
  exits(4, 12);
  exits(5, 13);
  podman("start", 12);
  podman("die", 12, "4");
  podman("start", 13);
  podman("die", 13, "5");
  EXPECT_EQ(take(), (Told{"start", "die exitCode=4 execDuration=0", "start", "die exitCode=5 execDuration=0"}));
}

TEST_F(LifeEventsTest, what_started_before_the_daemon_ends_once) {
  const auto stop = begin("POST", "/containers/web/stop", 20);
  exits(0, 21);
  end(stop);
  podman("die", 21, "0");
  EXPECT_EQ(take(), (Told{"kill signal=15", "die exitCode=0", "stop"}));
}

TEST_F(LifeEventsTest, what_fails_is_not_told) {
  podman("start", 10);
  end(begin("POST", "/containers/web/restart", 20), false);
  podman("pause", 21);
  podman("attach", 21);  // who attaches tells of it
  exits(1, 22);
  podman("start", 23);
  EXPECT_EQ(take(), (Told{"start", "kill signal=15", "pause", "die exitCode=1 execDuration=12", "start"}));
  end(begin("POST", "/containers/web/stop", 30, false));
  EXPECT_EQ(take(), Told{}) << "what does not run is not stopped";
}

TEST(LifeCall, is_what_starts_and_ends_containers) {
  EXPECT_EQ(parse_life_call("POST", "/containers/a/start").verb, LifeVerb::kStart);
  EXPECT_EQ(parse_life_call("POST", "/containers/a/stop?t=3").patience, std::chrono::seconds(3));
  EXPECT_EQ(parse_life_call("POST", "/containers/a/kill").signal, "KILL");
  EXPECT_EQ(parse_life_call("DELETE", "/containers/a?force=1").verb, LifeVerb::kRemove);
  for (const char* other : {"/containers/a", "/containers/a?force=0", "/images/a?force=1"})
    EXPECT_EQ(parse_life_call("DELETE", other).verb, LifeVerb::kNone) << other;
  for (const char* other : {"/containers/a/top", "/containers/stop", "/containers/a/stop/b", "/exec/a/stop"})
    EXPECT_EQ(parse_life_call("POST", other).verb, LifeVerb::kNone) << other;
  EXPECT_EQ(parse_life_call("GET", "/containers/a/stop").verb, LifeVerb::kNone);
}

}  // namespace
}  // namespace skein::engine
