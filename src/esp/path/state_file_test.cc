// A worker that is killed and started again must go on where it stopped: a number used twice breaks the cipher, and a
// lost window lets recorded packets in.
#include "esp/path/state_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/addresses_for_test.h"
#include "esp/crypto/key_for_test.h"

namespace skein::esp {
namespace {

class StateFileTest : public testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/skein-esp-state-XXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    folder_ = path;
  }
  void TearDown() override {
    unlink(path().c_str());
    rmdir(folder_.c_str());
  }
  std::string path() const { return folder_ + "/state"; }
  std::shared_ptr<StateFile> open() { return StateFile::open(path(), random_).value(); }
  static Sa sa_of(uint32_t spi, uint8_t byte) { return {spi, key_of(byte)}; }

  std::string folder_;
  SeededRandom random_{1};
  const Ipv4 peer_ = ip("10.0.0.2");
};

TEST_F(StateFileTest, numbers_and_windows_go_on) {
  uint64_t epoch;
  {
    auto file = open();
    epoch = file->epoch();
    *file->take_outbound(peer_, sa_of(300, 1)).value() = 77;
    EXPECT_EQ(update_window(*file->take_inbound(peer_, sa_of(301, 1)).value(), 5), Drop::kNone);
  }
  auto file = open();
  EXPECT_EQ(file->epoch(), epoch);
  EXPECT_EQ(*file->take_outbound(peer_, sa_of(300, 1)).value(), 77u);
  EXPECT_EQ(check_window(*file->take_inbound(peer_, sa_of(301, 1)).value(), 5), Drop::kReplayed);
  // Another key, SPI, peer or direction is another SA.
  EXPECT_EQ(*file->take_outbound(peer_, sa_of(300, 2)).value(), 0u);
  EXPECT_EQ(*file->take_outbound(peer_, sa_of(301, 1)).value(), 0u);
  EXPECT_EQ(*file->take_outbound(ip("10.0.0.3"), sa_of(300, 1)).value(), 0u);
}

TEST_F(StateFileTest, an_sa_that_comes_back_goes_on) {
  auto file = open();
  *file->take_outbound(peer_, sa_of(300, 1)).value() = 77;
  *file->take_outbound(peer_, sa_of(301, 1)).value() = 5;
  EXPECT_EQ(*file->take_outbound(peer_, sa_of(300, 1)).value(), 77u);
}

TEST_F(StateFileTest, room_is_made_by_what_is_gone_longest) {
  auto file = open();
  std::vector<std::shared_ptr<std::atomic<uint64_t>>> held;
  for (uint32_t i = 0; i < kOutboundEntries; ++i) {
    held.push_back(file->take_outbound(peer_, sa_of(1000 + i, 1)).value());
    *held.back() = i + 1;
  }
  EXPECT_FALSE(file->take_outbound(peer_, sa_of(1, 1)).ok());
  held[5] = nullptr;
  held[3] = nullptr;
  EXPECT_EQ(*file->take_outbound(peer_, sa_of(1, 1)).value(), 0u);
  EXPECT_EQ(*file->take_outbound(peer_, sa_of(1003, 1)).value(), 4u);
}

TEST_F(StateFileTest, one_worker_at_a_time) {
  auto file = open();
  EXPECT_FALSE(StateFile::open(path(), random_).ok());
}

TEST_F(StateFileTest, is_the_owners_and_holds_no_key) {
  {
    auto file = open();
    auto held = file->take_outbound(peer_, sa_of(300, 0xab)).value();
    auto window = file->take_inbound(peer_, sa_of(300, 0xab)).value();
    struct stat found {};
    ASSERT_EQ(stat(path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600u);
    EXPECT_LT(found.st_blocks * 512, 100'000) << "holes are not filled";
  }
  std::ifstream in(path(), std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(content.find("\xab\xab\xab\xab"), std::string::npos);
}

TEST_F(StateFileTest, a_damaged_or_foreign_file_is_replaced) {
  uint64_t epoch;
  {
    auto file = open();
    epoch = file->epoch();
    *file->take_outbound(peer_, sa_of(300, 1)).value() = 77;
  }
  struct stat found {};
  ASSERT_EQ(stat(path().c_str(), &found), 0);
  auto damage = [&](off_t at, off_t size) {
    Descriptor file(::open(path().c_str(), O_RDWR | O_CLOEXEC));
    uint8_t byte = 0;
    EXPECT_EQ(pread(file.get(), &byte, 1, at), 1);
    byte ^= 0x10;
    EXPECT_EQ(pwrite(file.get(), &byte, 1, at), 1);
    EXPECT_EQ(ftruncate(file.get(), size), 0);
  };
  // The magic, the version, the epoch; a shorter and a longer file.
  const std::pair<off_t, off_t> damages[] = {
      {0, found.st_size}, {8, found.st_size}, {33, found.st_size}, {9000, 9001}, {9000, found.st_size + 1}};
  for (auto [at, size] : damages) {
    damage(at, size);
    auto file = open();
    EXPECT_NE(file->epoch(), epoch) << at;
    EXPECT_EQ(*file->take_outbound(peer_, sa_of(300, 1)).value(), 0u) << at;
    *file->take_outbound(peer_, sa_of(300, 1)).value() = 77;
    epoch = file->epoch();
  }
}

}  // namespace
}  // namespace skein::esp
