#include "engine/podman/changes.h"

#include <gtest/gtest.h>

#include <string>

namespace skein::engine {
namespace {

TEST(Changes, reading_changes_nothing) {
  for (const char* method : {"GET", "HEAD"})
    for (const char* target : {"/containers/json", "/containers/x/json", "/images/json", "/unknown"})
      EXPECT_FALSE(request_changes_list(method, target)) << target;
}

TEST(Changes, every_verb_on_a_container_may_change_the_list) {
  for (const char* verb : {"start", "stop?t=1", "restart", "kill?signal=9", "rename?name=exec", "pause", "unpause",
                           "update", "attach?stream=1", "anything"})
    EXPECT_TRUE(request_changes_list("POST", std::string("/containers/x/") + verb)) << verb;
  EXPECT_TRUE(request_changes_list("POST", "/containers/create?name=x"));
  EXPECT_TRUE(request_changes_list("POST", "/containers/prune"));
  EXPECT_TRUE(request_changes_list("DELETE", "/libpod/containers/x?force=true"));
}

TEST(Changes, what_is_not_in_the_list_does_not_change_it) {
  for (const char* target :
       {"/containers/x/resize", "/containers/x/wait?condition=removed", "/volumes/create", "/auth"})
    EXPECT_FALSE(request_changes_list("POST", target)) << target;
}

TEST(Changes, what_is_not_known_may_change_it) {
  for (const char* target : {"/images/x", "/commit?container=x", "/build", "/unknown", "", "/containers"})
    EXPECT_TRUE(request_changes_list("POST", target)) << target;
}

TEST(Changes, events_tell_of_them) {
  EXPECT_TRUE(event_changes_list(R"({"Type":"container","Action":"died"})"));
  EXPECT_TRUE(event_changes_list(R"({"Type":"container","Action":"cleanup"})"));
  EXPECT_TRUE(event_changes_list(R"({"Type":"image","Action":"untag"})"));
  EXPECT_FALSE(event_changes_list(R"({"Type":"volume","Action":"create"})"));
  for (const char* damaged : {"", "{", "[]", "7", R"({"Type":7})"}) EXPECT_TRUE(event_changes_list(damaged)) << damaged;
}

TEST(Changes, what_is_shown_of_a_container_tells_of_limits_as_well) {
  for (const char* target :
       {"/containers/x/update", "/images/x/tag?repo=y", "/libpod/containers/x/update", "/volumes/create"})
    EXPECT_TRUE(request_changes_views("POST", target)) << target;
  EXPECT_TRUE(request_changes_views("DELETE", "/images/x"));
  EXPECT_FALSE(request_changes_views("GET", "/containers/x/json"));
  for (const char* target : {"/containers/x/resize", "/containers/x/wait?condition=removed"})
    EXPECT_FALSE(request_changes_views("POST", target)) << target;
}

TEST(Changes, images_stay_what_they_are_whatever_containers_do) {
  for (const char* target :
       {"/containers/create?name=x", "/containers/x/start", "/libpod/containers/x/stop", "/volumes/create", "/auth"})
    EXPECT_FALSE(request_changes_images("POST", target)) << target;
  for (const char* target : {"/images/create?fromImage=x", "/libpod/images/pull?reference=x", "/images/load", "/build",
                             "/commit?container=x", "/unknown"})
    EXPECT_TRUE(request_changes_images("POST", target)) << target;
  EXPECT_TRUE(request_changes_images("DELETE", "/images/x"));
  EXPECT_FALSE(request_changes_images("GET", "/images/json"));
  EXPECT_FALSE(event_changes_images(R"({"Type":"container","Action":"start"})"));
  EXPECT_TRUE(event_changes_images(R"({"Type":"image","Action":"tag"})"));
  EXPECT_TRUE(event_changes_images("what"));
}

TEST(Changes, only_plain_questions_are_kept) {
  EXPECT_EQ(kept_kind("GET", "/containers/web/json"), KeptKind::kContainer);
  for (const char* target : {"/images/json", "/images/a/b/json", "/images/a%2Fb%3A1/json"})
    EXPECT_EQ(kept_kind("GET", target), KeptKind::kImage) << target;
  for (const char* target :
       {"/images/json?all=true", "/containers/json", "/containers//json", "/containers/w/json?size=1",
        "/containers/web/top", "/containers/a/b/json", "/info", "/images/a/get"})
    EXPECT_EQ(kept_kind("GET", target), KeptKind::kNone) << target;
  EXPECT_EQ(kept_kind("POST", "/images/json"), KeptKind::kNone);
}

TEST(Changes, states_that_pass_without_a_word_are_not_kept) {
  for (const char* state : {"created", "running", "paused", "exited"})
    EXPECT_TRUE(has_lasting_state(R"({"State":{"Status":")" + std::string(state) + R"("}})")) << state;
  for (const char* state : {"stopping", "stopped", "removing", "initialized", ""})
    EXPECT_FALSE(has_lasting_state(R"({"State":{"Status":")" + std::string(state) + R"("}})")) << state;
  EXPECT_FALSE(has_lasting_state("what"));
}

}  // namespace
}  // namespace skein::engine
