// A container's files are read as it sees them, whatever it has made of them.
#include "engine/exec/request/container_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace skein::engine {
namespace {

namespace fs = std::filesystem;

class ContainerFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/skein-root-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    fs::create_directories(folder_ + "/root/etc");
    std::ofstream(folder_ + "/outside") << "secret";
  }
  void TearDown() override { fs::remove_all(folder_); }

  Result<std::string> read(const std::string& path = "/etc/passwd") {
    return read_file_beneath(folder_ + "/root", path);
  }
  std::string passwd() const { return folder_ + "/root/etc/passwd"; }

  std::string folder_;
};

TEST_F(ContainerFiles, are_read_whole) {
  std::ofstream(passwd()) << std::string(100'000, 'x');
  EXPECT_EQ(read()->size(), 100'000u);
  EXPECT_EQ(*read("/etc/nosuch"), "");
  EXPECT_EQ(*read("/etc"), "");
}

TEST_F(ContainerFiles, links_stay_in_its_root) {
  fs::create_symlink("/outside", passwd());
  EXPECT_EQ(*read(), "");
  fs::remove(passwd());
  fs::create_symlink("../../../../../../outside", passwd());
  EXPECT_EQ(*read(), "");
  fs::remove(passwd());
  fs::create_symlink("/etc/real", passwd());
  std::ofstream(folder_ + "/root/etc/real") << "its own";
  EXPECT_EQ(*read(), "its own") << "absolute links begin at its root";
}

TEST_F(ContainerFiles, what_is_no_file_is_not_opened) {
  ASSERT_EQ(::mkfifo(passwd().c_str(), 0600), 0);
  EXPECT_EQ(*read(), "") << "and nobody waits for a writer";
  fs::remove(passwd());
  fs::create_symlink("/dev/zero", passwd());
  EXPECT_EQ(*read(), "");
}

TEST_F(ContainerFiles, have_a_largest_size) {
  std::ofstream(passwd()) << "x";
  fs::resize_file(passwd(), 4u << 20);
  EXPECT_EQ(read()->size(), 4u << 20);
  fs::resize_file(passwd(), (4u << 20) + 1);
  ASSERT_FALSE(read().ok());
  EXPECT_EQ(read().error().code, Code::kResourceExhausted);
}

}  // namespace
}  // namespace skein::engine
