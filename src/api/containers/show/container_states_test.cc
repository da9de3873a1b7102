// Every state and every verb, with Docker's status and words: a paused container is stopped and killed, not refused.
#include "api/containers/show/container_states.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

const Called kContainer{"f971c9bc8043a150", "web"};

std::string answer(Verb verb, const char* phase) {
  auto refused = refusal(verb, *containers::phase_named(phase), kContainer);
  if (!refused) return "";
  if (refused->body.empty()) return std::to_string(refused->status);
  return std::to_string(refused->status) + " " + nlohmann::json::parse(refused->body)["message"].get<std::string>();
}

struct Row {
  Verb verb;
  std::map<std::string, std::string> answers;  // by state; "" elsewhere
};

std::vector<Row> refused_in_dockers_words() {
  const std::string not_running = "409 Container f971c9bc8043a150 is not running";
  const std::string not_paused = "500 Container f971c9bc8043a150 is not paused";
  const std::string no_kill = "409 Cannot kill container: web: Container f971c9bc8043a150 is not running";
  const std::string no_start = "409 container is marked for removal and cannot be started";
  const std::string is_restarting = " is restarting, wait until the container is running";
  return {
      {Verb::kStart,
       {{"running", "304"},
        {"restarting", "304"},
        {"paused", "409 cannot start a paused container, try unpause instead"},
        {"removing", no_start},
        {"dead", no_start}}},
      {Verb::kStop, {{"created", "304"}, {"exited", "304"}, {"removing", "304"}, {"dead", "304"}}},
      {Verb::kKill, {{"created", no_kill}, {"exited", no_kill}, {"removing", no_kill}, {"dead", no_kill}}},
      {Verb::kPause,
       {{"created", not_running},
        {"exited", not_running},
        {"removing", not_running},
        {"dead", not_running},
        {"paused", "409 Container f971c9bc8043a150 is already paused"},
        {"restarting", "409 Container f971c9bc8043a150" + is_restarting}}},
      {Verb::kUnpause,
       {{"created", not_paused},
        {"running", not_paused},
        {"restarting", not_paused},
        {"exited", not_paused},
        {"removing", not_paused},
        {"dead", not_paused}}},
      {Verb::kRemove,
       {{"running",
         "409 cannot remove container \"/web\": container is running: stop the container before removing or force "
         "remove"},
        {"restarting",
         "409 cannot remove container \"/web\": container is restarting: stop the container before removing or force "
         "remove"},
        {"paused", "409 cannot remove container \"/web\": container is paused and must be unpaused first"},
        {"removing", "409 removal of container web is already in progress"}}},
      {Verb::kAttach,
       {{"paused", "409 Container web is paused, unpause the container before attach"},
        {"restarting", "409 Container web" + is_restarting}}},
      {Verb::kTop,
       {{"created", not_running},
        {"exited", not_running},
        {"removing", not_running},
        {"dead", not_running},
        {"restarting", "409 Container f971c9bc8043a150" + is_restarting}}},
      {Verb::kResize,
       {{"created", not_running}, {"exited", not_running}, {"removing", not_running}, {"dead", not_running}}},
  };
}

TEST(ContainerStates, what_a_state_does_not_allow_is_refused_in_dockers_words) {
  for (const auto& row : refused_in_dockers_words())
    for (const char* phase : {"created", "running", "paused", "restarting", "exited", "removing", "dead"}) {
      auto wanted = row.answers.find(phase);
      EXPECT_EQ(answer(row.verb, phase), wanted == row.answers.end() ? "" : wanted->second)
          << phase << ", verb " << static_cast<int>(row.verb);
    }
}

TEST(ContainerStates, the_engines_own_words_are_states_of_dockers) {
  for (const char* word : {"created", "configured", "initialized"})
    EXPECT_EQ(containers::phase_of_word(word), containers::Phase::kCreated);
  for (const char* word : {"exited", "stopped", "", "?"})
    EXPECT_EQ(containers::phase_of_word(word), containers::Phase::kExited);
  EXPECT_EQ(containers::phase_of_word("stopping"), containers::Phase::kRunning) << "while its time to end runs";
  EXPECT_EQ(containers::phase_of({{"State", {{"Status", "paused"}}}}), containers::Phase::kPaused);
  EXPECT_EQ(containers::phase_of(nullptr), containers::Phase::kExited);
  EXPECT_FALSE(containers::phase_named("configured"));
}

}  // namespace
}  // namespace skein::api
