// What a container reads as its secrets has the owner and mode that were asked for, and goes when its task goes.
#include "agent/container/volatile_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "io/file/file.h"

namespace skein::agent {
namespace {

struct VolatileFilesTest : testing::Test {
  ~VolatileFilesTest() override { std::filesystem::remove_all(folder); }
  std::string folder = testing::TempDir() + "/skein-volatile-" + std::to_string(getpid());
  int mounts = 0;
  VolatileFiles files{{folder, [this](const std::string& path) -> Result<void> {
                         ++mounts;
                         EXPECT_EQ(path, folder);
                         return {};
                       }}};
};

TEST_F(VolatileFilesTest, files_are_written_in_place_with_owner_and_mode) {
  ASSERT_TRUE(files.prepare("t1", 2).ok());
  struct stat before {
  }, after{};
  ASSERT_EQ(::stat(files.path("t1", 1).c_str(), &before), 0);
  EXPECT_EQ(before.st_size, 0);
  const uint32_t owner = ::getuid() == 0 ? 5 : ::getuid(), group = ::getuid() == 0 ? 6 : ::getgid();
  ASSERT_TRUE(files.write("t1", {{"/a", "one", owner, group, 0400}, {"/b", "two", owner, group, 0640}}).ok());
  EXPECT_EQ(*io::read_file(files.path("t1", 0)), "one");
  EXPECT_EQ(*io::read_file(files.path("t1", 1)), "two");
  ASSERT_EQ(::stat(files.path("t1", 1).c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino) << "a container has it bound";
  EXPECT_EQ(after.st_mode & 07777U, 0640U);
  EXPECT_EQ(after.st_uid, owner);
  EXPECT_EQ(after.st_gid, group);
  EXPECT_EQ(mounts, 2) << "each time it is made sure of";
}

TEST_F(VolatileFilesTest, nobody_else_may_look_into_a_tasks_folder) {
  ASSERT_TRUE(files.prepare("t1", 1).ok());
  EXPECT_EQ(std::filesystem::status(folder + "/t1").permissions(), std::filesystem::perms::owner_all);
}

TEST_F(VolatileFilesTest, without_files_nothing_is_made) {
  ASSERT_TRUE(files.prepare("t1", 0).ok());
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_EQ(mounts, 0);
}

TEST_F(VolatileFilesTest, what_is_no_longer_wanted_goes) {
  for (const char* id : {"t1", "t2", "t3"}) ASSERT_TRUE(files.prepare(id, 1).ok());
  files.remove("t1");
  files.remove("");
  EXPECT_FALSE(std::filesystem::exists(folder + "/t1"));
  EXPECT_TRUE(std::filesystem::exists(folder + "/t2"));
  files.keep_only({"t3"});
  EXPECT_FALSE(std::filesystem::exists(folder + "/t2"));
  EXPECT_TRUE(std::filesystem::exists(folder + "/t3"));
}

TEST_F(VolatileFilesTest, where_nothing_can_be_mounted_nothing_is_written) {
  VolatileFiles broken{{folder, [](const std::string&) -> Result<void> {
                          return make_error(Code::kFailedPrecondition, "no tmpfs here");
                        }}};
  EXPECT_FALSE(broken.prepare("t1", 1).ok());
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace skein::agent
