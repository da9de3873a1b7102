#include "io/file/line_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace skein::io {
namespace {

struct LineFileTest : testing::Test {
  std::string folder = testing::TempDir() + "skein-lines-" + std::to_string(getpid());
  std::string path = folder + "/lines";
  int written_whole = 0;

  LineFileTest() { std::filesystem::create_directories(folder); }
  ~LineFileTest() override { std::filesystem::remove_all(folder); }
  Result<void> save(LineFile& file, const std::string& changes, const std::string& whole = "all\n") {
    return file.save(changes, 1, [&] {
      ++written_whole;
      return whole;
    });
  }
  std::string text() { return LineFile(path).read().value(); }
};

TEST_F(LineFileTest, what_changes_is_appended_to_what_was_written_whole) {
  EXPECT_EQ(LineFile(path).read().error().code, Code::kNotFound);
  LineFile file(path);
  ASSERT_TRUE(save(file, "never seen\n").ok());
  ASSERT_TRUE(save(file, "one\n").ok());
  ASSERT_TRUE(save(file, "").ok());
  ASSERT_TRUE(save(file, "two\nthree\n").ok());
  EXPECT_EQ(text(), "all\none\ntwo\nthree\n");
  EXPECT_EQ(written_whole, 1);
}

// The last line of the daemon before may be half there.
TEST_F(LineFileTest, another_life_writes_all_at_first) {
  LineFile first(path);
  ASSERT_TRUE(save(first, "").ok());
  LineFile second(path);
  ASSERT_TRUE(save(second, "one\n", "all of it\n").ok());
  EXPECT_EQ(text(), "all of it\n");
}

TEST_F(LineFileTest, a_file_of_history_is_written_anew) {
  LineFile file(path);
  for (size_t i = 0; i < LineFile::kHistoryMin + 3; ++i) ASSERT_TRUE(save(file, "line\n").ok());
  EXPECT_EQ(written_whole, 1);
  ASSERT_TRUE(save(file, "line\n").ok());
  EXPECT_EQ(written_whole, 2);
  EXPECT_EQ(text(), "all\n");
}

TEST_F(LineFileTest, after_a_failure_all_is_written) {
  LineFile file(path);
  std::filesystem::create_directories(path + ".new");  // in the way
  EXPECT_FALSE(save(file, "one\n").ok());
  std::filesystem::remove(path + ".new");
  ASSERT_TRUE(save(file, "two\n", "one and two\n").ok());
  EXPECT_EQ(text(), "one and two\n");
}

}  // namespace
}  // namespace skein::io
