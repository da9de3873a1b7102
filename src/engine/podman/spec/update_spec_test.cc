// Limits that Docker's clients change while a container runs.
#include "engine/podman/spec/update_spec.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

using nlohmann::json;

TEST(PodmanUpdate, one_limit_changes_one_limit) {
  EXPECT_EQ(podman_update({{"Memory", 1 << 20}, {"CpuShares", 0}, {"CpusetCpus", ""}}),
            json({{"memory", {{"limit", 1 << 20}}}}));
  EXPECT_EQ(podman_update({{"NanoCpus", 500'000'000}}), json({{"cpu", {{"period", 100'000}, {"quota", 50'000}}}}));
  EXPECT_EQ(podman_update({{"CpusetCpus", "0-1"}, {"BlkioWeight", 300}}),
            json({{"cpu", {{"cpus", "0-1"}}}, {"blockIO", {{"weight", 300}}}}));
  EXPECT_EQ(podman_update({{"RestartPolicy", {{"Name", "always"}}}}), json::object()) << "is ours";
}

TEST(PodmanUpdate, no_limit_of_processes_is_the_kernels) {
  EXPECT_EQ(podman_update({{"PidsLimit", 50}}), json({{"pids", {{"limit", 50}}}}));
  for (int none : {0, -1}) EXPECT_EQ(podman_update({{"PidsLimit", none}})["pids"]["limit"], 4194304) << none;
}

}  // namespace
}  // namespace skein::engine
