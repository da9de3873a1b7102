#include "engine/podman/kept_containers.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using Reach = ContainersChange::Reach;
using Ids = std::set<std::string>;

std::string id(char c) { return std::string(64, c); }
json entry(char c) { return {{"Id", id(c)}, {"Names", {std::string("name-") + c}}, {"State", "running"}}; }

class KeptContainersTest : public testing::Test {
 protected:
  KeptContainersTest() { kept_.set_is_told(true); }
  // The engine has these.
  void answer(KeptContainers::Question question, const std::string& all) {
    json list = json::array();
    for (char c : all) list.push_back(entry(c));
    if (question.is_of_all)
      question.list.update(list);
    else
      question.list.update_some(question.ids, list);
    question.list.learn(list);
    kept_.keep(question, now_);
  }
  void change(const std::string& called) { kept_.note({.reach = Reach::kOne, .container = called}); }
  void remove(char c) { kept_.note({.reach = Reach::kOne, .container = id(c), .is_gone = true}); }
  // First letters of the ids; "?" if nothing is kept.
  std::string shown() {
    const ContainerList* list = kept_.get(now_);
    if (!list) return "?";
    std::set<char> out;
    for (const json& each : list->show({}, {})) out.insert(each["Id"].get<std::string>()[0]);
    return {out.begin(), out.end()};
  }
  KeptContainers kept_{seconds(60)};
  TimePoint now_{1};
};

TEST_F(KeptContainersTest, all_are_asked_for_once) {
  EXPECT_EQ(shown(), "?");
  EXPECT_TRUE(kept_.ask(now_).is_of_all);
  answer(kept_.ask(now_), "ab");
  EXPECT_EQ(shown(), "ab");
  kept_.note({.reach = Reach::kNone});
  kept_.note({.reach = Reach::kNew, .name = "x"});  // its answer will name it
  EXPECT_EQ(shown(), "ab");
}

TEST_F(KeptContainersTest, then_those_that_changed) {
  answer(kept_.ask(now_), "ab");
  change(id('a'));
  change("name-b");
  change(id('c'));
  EXPECT_EQ(shown(), "?");
  const auto question = kept_.ask(now_);
  EXPECT_FALSE(question.is_of_all);
  EXPECT_EQ(question.ids, (Ids{id('a'), id('b'), id('c')}));
  answer(question, "bc");
  EXPECT_EQ(shown(), "bc");
}

TEST_F(KeptContainersTest, and_nothing_when_what_came_has_gone) {
  answer(kept_.ask(now_), "ab");
  change(id('c'));
  remove('c');
  EXPECT_EQ(shown(), "ab");
  change("name-a");
  remove('a');
  EXPECT_EQ(shown(), "b");
}

TEST_F(KeptContainersTest, a_name_may_mean_another_one_by_now) {
  answer(kept_.ask(now_), "ab");
  change(id('a'));  // is called otherwise
  change(id('c'));  // is called as that was, and goes
  kept_.note({.reach = Reach::kOne, .container = "name-a", .is_gone = true});
  answer(kept_.ask(now_), "ab");
  EXPECT_EQ(shown(), "ab");
}

TEST_F(KeptContainersTest, all_when_it_is_not_known_which_changed) {
  for (const char* called : {"name-x", "ab", ""}) {
    answer(kept_.ask(now_), "ab");
    change(called);
    EXPECT_TRUE(kept_.ask(now_).is_of_all) << called;
  }
  answer(kept_.ask(now_), "ab");
  kept_.note({});
  EXPECT_EQ(shown(), "?");
  EXPECT_TRUE(kept_.ask(now_).is_of_all);
  answer(kept_.ask(now_), "ab");
  for (char c : std::string("0123456789abcdef")) change(std::string(63, 'f') + c), change(c + std::string(63, 'f'));
  EXPECT_TRUE(kept_.ask(now_).is_of_all) << "too many";
}

TEST_F(KeptContainersTest, an_answer_during_whose_question_something_changed_is_not_kept) {
  answer(kept_.ask(now_), "ab");
  change(id('a'));
  const auto asked = kept_.ask(now_);
  remove('a');
  answer(asked, "ab");
  EXPECT_EQ(shown(), "b");
  change(id('b'));
  const auto again = kept_.ask(now_);
  change(id('c'));
  answer(again, "bc");
  EXPECT_EQ(kept_.ask(now_).ids, (Ids{id('b'), id('c')}));
}

TEST_F(KeptContainersTest, nothing_is_kept_while_nobody_tells_of_changes) {
  answer(kept_.ask(now_), "ab");
  const auto asked = kept_.ask(now_);
  kept_.set_is_told(false);
  answer(kept_.ask(now_), "ab");
  EXPECT_EQ(shown(), "?");
  kept_.set_is_told(true);
  answer(asked, "ab");
  EXPECT_EQ(shown(), "?");
  EXPECT_TRUE(kept_.ask(now_).is_of_all);
}

TEST_F(KeptContainersTest, an_answer_is_not_kept_for_ever) {
  answer(kept_.ask(now_), "ab");
  now_ = now_ + seconds(40);
  change(id('a'));
  answer(kept_.ask(now_), "ab");  // of one, so the others are as old as they were
  now_ = now_ + seconds(20);
  EXPECT_EQ(shown(), "ab");
  now_ = now_ + seconds(1);
  EXPECT_EQ(shown(), "?");
  EXPECT_TRUE(kept_.ask(now_).is_of_all);
}

}  // namespace
}  // namespace skein::engine
