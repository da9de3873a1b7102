#include "node/daemon_id.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "io/file/file.h"

namespace skein::node {
namespace {

class DaemonId : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string made_folder() {
    std::string name = testing::TempDir() + "daemon-id-XXXXXX";
    return ::mkdtemp(name.data());
  }
  std::string folder_ = made_folder();
  std::string path_ = folder_ + "/engine-id";
  SeededRandom random_{1};
};

TEST_F(DaemonId, is_made_once) {
  const std::string made = *keep_daemon_id(path_, random_);
  EXPECT_EQ(made.size(), 36u);
  EXPECT_EQ(*keep_daemon_id(path_, random_), made);
}

TEST_F(DaemonId, replaces_what_is_none) {
  for (const char* damaged : {"", "x", "123456789012345678901234567890123456"}) {
    ASSERT_TRUE(io::write_file_atomically(path_, damaged, 0600).ok());
    const std::string made = *keep_daemon_id(path_, random_);
    EXPECT_EQ(made[14], '4') << made;
    EXPECT_EQ(*keep_daemon_id(path_, random_), made);
  }
}

}  // namespace
}  // namespace skein::node
