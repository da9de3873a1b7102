#include "containers/life/life_notes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "io/loop/virtual_loop.h"

namespace skein::containers {
namespace {

struct LifeNotesTest : testing::Test {
  std::string path = testing::TempDir() + "skein-lives-" + std::to_string(getpid()) + ".json";
  io::VirtualLoop loop;
  io::TaskScope tasks{loop.context().get_executor()};
  ~LifeNotesTest() override { std::filesystem::remove(path); }
};

TEST_F(LifeNotesTest, they_outlive_the_daemon) {
  LifeNotes notes(tasks, path);
  ASSERT_TRUE(notes.load().ok()) << "none yet";
  notes.set_stopped_by_user("a", true);
  notes.put("b", {false, WallTime{7}});
  LifeNotes next(tasks, path);
  ASSERT_TRUE(next.load().ok());
  EXPECT_EQ(next.of("a"), (LifeNote{true, std::nullopt}));
  EXPECT_EQ(next.of("b"), (LifeNote{false, WallTime{7}}));
  EXPECT_EQ(next.of("c"), LifeNote{});
  next.set_stopped_by_user("a", false);
  next.keep_only({"a", "c"});
  LifeNotes last(tasks, path);
  ASSERT_TRUE(last.load().ok());
  EXPECT_EQ(last.of("a"), LifeNote{});
  EXPECT_EQ(last.of("b"), LifeNote{});
}

TEST_F(LifeNotesTest, a_start_leaves_the_policy) {
  LifeNotes notes(tasks, path);
  notes.put("a", {true, WallTime{7}, 5, RestartPolicy{"on-failure", 3}});
  notes.set_running("a", 6);
  LifeNotes next(tasks, path);
  ASSERT_TRUE(next.load().ok());
  EXPECT_EQ(next.of("a"), (LifeNote{false, std::nullopt, 6, RestartPolicy{"on-failure", 3}}));
  next.set_running("a", 0);
  EXPECT_EQ(next.of("a").restarts, 0);
}

TEST_F(LifeNotesTest, they_are_on_disk_when_it_has_room_again) {
  std::filesystem::create_directory(path + ".new");  // where it is written
  LifeNotes notes(tasks, path);
  notes.set_stopped_by_user("a", true);
  std::filesystem::remove(path + ".new");
  loop.run_for(io::KeptFile::kPause);
  LifeNotes next(tasks, path);
  ASSERT_TRUE(next.load().ok());
  EXPECT_TRUE(next.of("a").is_stopped_by_user);
}

TEST_F(LifeNotesTest, a_damaged_file_costs_the_notes_and_nothing_else) {
  for (const char* text : {"{", "[]", "7", ""}) {
    std::ofstream(path) << text;
    LifeNotes notes(tasks, path);
    EXPECT_FALSE(notes.load().ok()) << text;
    EXPECT_EQ(notes.of("a"), LifeNote{});
  }
  std::ofstream(path) << R"({"a":7,"b":{"stopped":"yes","lost_at":"now"},"c":{"stopped":true}})";
  LifeNotes notes(tasks, path);
  EXPECT_TRUE(notes.load().ok());
  EXPECT_EQ(notes.of("b"), LifeNote{});
  EXPECT_TRUE(notes.of("c").is_stopped_by_user);
}

}  // namespace
}  // namespace skein::containers
