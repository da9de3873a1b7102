// Of processes that share a socket the oldest is named, and who was known before is asked first.
#include "kernel/net/socket_owners.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace skein::kernel::net {
namespace {

namespace fs = std::filesystem;

struct Processes : ::testing::Test {
  const std::string proc = ::testing::TempDir() + "skein-proc-" + std::to_string(getpid());
  ~Processes() override { fs::remove_all(proc); }

  void add(int pid, const std::string& name, const std::vector<std::string>& descriptors) {
    const std::string folder = proc + "/" + std::to_string(pid);
    fs::create_directories(folder + "/fd");
    std::ofstream(folder + "/comm") << name << "\n";
    for (size_t i = 0; i < descriptors.size(); ++i)
      fs::create_symlink(descriptors[i], folder + "/fd/" + std::to_string(i));
  }
  // `steps`: of one descriptor each.
  std::map<uint32_t, Process> owners(std::set<uint32_t> inodes, std::vector<int> likely = {}, int* steps = nullptr) {
    SocketOwners search(std::move(inodes), std::move(likely), proc);
    int count = 1;
    while (search.step(1)) ++count;
    if (steps) *steps = count;
    return search.found();
  }
};

TEST_F(Processes, sockets_lead_to_them) {
  fs::create_directories(proc + "/sys");
  add(812, "nginx", {"/dev/null", "socket:[77]", "socket:[7]"});
  add(900, "ev\x1b[il\xff", {"socket:[78]", "pipe:[79]"});
  using Found = std::map<uint32_t, Process>;
  EXPECT_EQ(owners({77}), (Found{{77, {812, "nginx"}}}));
  EXPECT_EQ(owners({77, 78}), (Found{{77, {812, "nginx"}}, {78, {900, "ev?[il?"}}}));
  EXPECT_EQ(owners({79, 80}), Found{});
}

TEST_F(Processes, who_had_it_before_is_asked_first) {
  for (int pid = 1; pid < 50; ++pid) add(pid, "other", {"socket:[1]", "socket:[2]", "socket:[3]"});
  add(60, "nginx", {"socket:[77]"});
  add(61, "nginx", {"socket:[77]"});
  int steps = 0;
  EXPECT_EQ(owners({77}, {4711, 61}, &steps).at(77).pid, 61);
  EXPECT_LT(steps, 10);
  EXPECT_EQ(owners({77}, {2}).size(), 1u);
}

TEST(SocketOwners, without_procfs_nobody_is_found) {
  SocketOwners search({77}, {1}, "/nonexistent");
  while (search.step(1)) continue;
  EXPECT_TRUE(search.found().empty());
}

}  // namespace
}  // namespace skein::kernel::net
