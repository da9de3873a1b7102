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

using Reach = ContainersChange::Reach;

std::string shown(const ContainersChange& change) {
  const char* reach[] = {"none", "one", "new", "all"};
  return std::string(reach[static_cast<size_t>(change.reach)]) + " " + change.container + " " + change.name;
}

TEST(Changes, what_is_shown_of_containers_changes_one_by_one_where_that_is_known) {
  EXPECT_EQ(shown(containers_changed_by_request("POST", "/containers/x/update")), "one x ");
  EXPECT_EQ(shown(containers_changed_by_request("POST", "/libpod/containers/x/update?a=b")), "one x ");
  EXPECT_EQ(shown(containers_changed_by_request("DELETE", "/libpod/containers/x?force=true")), "one x ");
  EXPECT_EQ(shown(containers_changed_by_request("DELETE", "/containers/x%2Ey")), "one x.y ");
  EXPECT_EQ(shown(containers_changed_by_request("POST", "/containers/x/rename?name=y")), "one x y");
  EXPECT_EQ(shown(containers_changed_by_request("POST", "/containers/create?name=y")), "new  y");
  EXPECT_EQ(shown(containers_changed_by_request("POST", "/containers/create")), "new  ");
  for (const char* target : {"/containers/prune", "/containers//start", "/containers", "/images/x/tag?repo=y",
                             "/volumes/create", "/commit?container=x", "/unknown", ""})
    EXPECT_EQ(shown(containers_changed_by_request("POST", target)), "all  ") << target;
  EXPECT_EQ(shown(containers_changed_by_request("GET", "/containers/x/json")), "none  ");
  for (const char* target : {"/containers/x/resize", "/containers/x/wait?condition=removed"})
    EXPECT_EQ(shown(containers_changed_by_request("POST", target)), "none  ") << target;
  EXPECT_EQ(shown(containers_changed_by_event(
                R"({"Type":"container","Action":"died","Actor":{"ID":"c1","Attributes":{"name":"x"}}})")),
            "one c1 x");
  for (const char* line :
       {"", "{", R"({"Type":"container","Action":"died"})", R"({"Type":"image","Actor":{"ID":"i"}})"})
    EXPECT_EQ(shown(containers_changed_by_event(line)), "all  ") << line;
}

TEST(Changes, what_is_removed_is_gone) {
  EXPECT_TRUE(containers_changed_by_event(R"({"Type":"container","Action":"remove","Actor":{"ID":"c1"}})").is_gone);
  EXPECT_FALSE(containers_changed_by_event(R"({"Type":"container","Action":"died","Actor":{"ID":"c1"}})").is_gone);
}

TEST(Changes, what_a_request_made_is_named_by_its_answer) {
  EXPECT_EQ(shown(container_made(R"({"Id":"abc","Warnings":[]})")), "one abc ");
  for (const char* damaged : {"", "{}", R"({"Id":7})"}) EXPECT_EQ(shown(container_made(damaged)), "all  ") << damaged;
}

TEST(Changes, a_view_changes_with_its_container_whatever_that_is_called) {
  const auto by_name =
      inspection_subject("/containers/web/json", R"({"Id":"abcd","Name":"/web","State":{"Status":"running"}})");
  const auto by_id = inspection_subject("/containers/abcd/json", R"({"Id":"abcd","Name":"/web"})");
  const auto by_part = inspection_subject("/containers/ab/json", R"({"Id":"abcd","Name":"/web"})");
  EXPECT_EQ(by_name.state, "running");
  for (const auto& view : {by_name, by_id, by_part}) {
    for (const char* called : {"web", "abcd", "abc", "a"})
      EXPECT_TRUE(is_changed(view, {Reach::kOne, called, ""})) << view.called << " " << called;
    EXPECT_TRUE(is_changed(view, {}));
    for (const char* called : {"web2", "we", "bcd", "ac"}) {
      EXPECT_FALSE(is_changed(view, {Reach::kOne, called, ""})) << view.called << " " << called;
      EXPECT_FALSE(is_changed(view, {Reach::kNone, called, called}));
    }
  }
}

TEST(Changes, a_name_may_come_to_mean_another_container) {
  const auto by_name = inspection_subject("/containers/web/json", R"({"Id":"abcd","Name":"/web"})");
  const auto by_id = inspection_subject("/containers/abcd/json", R"({"Id":"abcd","Name":"/web"})");
  const auto by_part = inspection_subject("/containers/ab/json", R"({"Id":"abcd","Name":"/web"})");
  EXPECT_TRUE(is_changed(by_part, {Reach::kOne, "9999", "ab"})) << "one is called so now";
  EXPECT_TRUE(is_changed(by_part, {Reach::kOne, "ab99", "x"})) << "it begins so, too";
  EXPECT_TRUE(is_changed(by_part, {Reach::kNew, "", "x"})) << "it may begin so, too";
  EXPECT_TRUE(is_changed(by_name, {Reach::kNew, "", "web"}));
  EXPECT_FALSE(is_changed(by_name, {Reach::kNew, "", "x"}));
  EXPECT_FALSE(is_changed(by_id, {Reach::kNew, "", "x"}));
  EXPECT_FALSE(is_changed(by_name, {Reach::kOne, "9999", "x"}));
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
  for (const char* state : {"created", "running", "paused", "exited"}) EXPECT_TRUE(is_lasting(state)) << state;
  for (const char* state : {"stopping", "stopped", "removing", "initialized", ""})
    EXPECT_FALSE(is_lasting(state)) << state;
  EXPECT_EQ(inspection_subject("/containers/x/json", "what").state, "");
}

}  // namespace
}  // namespace skein::engine
