#include "cmd/lab/host/cgroups.h"

#include <gtest/gtest.h>

namespace skein::lab {
namespace {

TEST(LabCgroups, a_machine_with_version_two_only_has_one_hierarchy) {
  EXPECT_EQ(parse_hierarchies("24 23 0:22 / /sys rw - sysfs sysfs rw\n"
                              "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"),
            (std::vector<Hierarchy>{{true, "/sys/fs/cgroup", ""}}));
}

TEST(LabCgroups, version_one_hierarchies_are_mounted_again_by_their_controllers) {
  EXPECT_EQ(
      parse_hierarchies(
          "31 30 0:27 / /sys/fs/cgroup ro shared:9 - tmpfs tmpfs ro\n"
          "32 31 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd\n"
          "33 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:1 master:2 - cgroup cgroup rw,cpu,cpuacct\n"),
      (std::vector<Hierarchy>{{false, "/sys/fs/cgroup/systemd", "none,name=systemd"},
                              {false, "/sys/fs/cgroup/cpu,cpuacct", "cpu,cpuacct"}}));
}

TEST(LabCgroups, version_two_is_left_out_where_version_one_is_in_use) {
  EXPECT_EQ(parse_hierarchies("32 31 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
                              "33 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"),
            (std::vector<Hierarchy>{{false, "/sys/fs/cgroup/memory", "memory"}}));
}

TEST(LabCgroups, mounts_elsewhere_and_damaged_lines_are_passed_over) {
  EXPECT_TRUE(parse_hierarchies("33 31 0:29 / /mnt/cg rw - cgroup cgroup rw,memory\n"
                                "33 31 0:29 / /sys/fs/cgroup/memory rw - cgroup\n"
                                "-\n\n33 31\n")
                  .empty());
}

}  // namespace
}  // namespace skein::lab
