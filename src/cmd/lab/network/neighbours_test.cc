#include "cmd/lab/network/neighbours.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "cmd/lab/files/files.h"

namespace skein::lab {
namespace {

struct NeighboursTest : testing::Test {
  std::string sysctls = testing::TempDir() + "skein-neighbours-" + std::to_string(getpid());
  ~NeighboursTest() override { std::filesystem::remove_all(sysctls); }
  std::string path(const std::string& family, int number) {
    return sysctls + "/" + family + "/neigh/default/gc_thresh" + std::to_string(number);
  }
  void make(const std::string& family) {
    std::filesystem::create_directories(sysctls + "/" + family + "/neigh/default");
    for (int number : {1, 2, 3}) ASSERT_TRUE(write_file(path(family, number), std::to_string(128 << number)).ok());
  }
  std::string limit(const std::string& family, int number) { return read_file(path(family, number)).value(); }
};

TEST_F(NeighboursTest, a_small_lab_changes_nothing) {
  make("ipv4"), make("ipv6");
  ASSERT_TRUE(make_room_for_neighbours({.hosts = 8, .clients = 3}, sysctls).ok());
  EXPECT_EQ(limit("ipv4", 1), "256");
  EXPECT_EQ(limit("ipv6", 3), "1024");
}

TEST_F(NeighboursTest, in_a_large_one_every_machine_can_know_every_other) {
  make("ipv4"), make("ipv6");
  const Spec spec{.hosts = 60};
  EXPECT_GE(neighbours_of(spec), 60u * 59u);
  ASSERT_TRUE(make_room_for_neighbours(spec, sysctls).ok());
  for (const char* family : {"ipv4", "ipv6"})
    for (int number : {1, 2, 3}) EXPECT_EQ(limit(family, number).substr(0, 4), std::to_string(neighbours_of(spec)));
}

TEST_F(NeighboursTest, where_the_limit_cannot_be_raised_it_is_said) {
  auto done = make_room_for_neighbours({.hosts = 60}, sysctls);
  ASSERT_FALSE(done.ok());
  EXPECT_NE(done.error().text().find("gc_thresh3"), std::string::npos);
  ASSERT_FALSE(std::filesystem::exists(sysctls));
  make("ipv4");
  EXPECT_TRUE(make_room_for_neighbours({.hosts = 60}, sysctls).ok()) << "a kernel without IPv6";
}

}  // namespace
}  // namespace skein::lab
