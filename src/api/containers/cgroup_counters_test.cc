// Figures of both versions of control groups, from folders with files as the kernel writes them.
#include "api/containers/cgroup_counters.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace skein::api {
namespace {

using nlohmann::json;

struct CgroupCountersTest : testing::Test {
  const std::string folder = testing::TempDir() + "skein-cgroups-" + std::to_string(::getpid());
  CgroupPlaces places{folder + "/proc", folder + "/groups"};
  json stats = json::parse(R"({"blkio_stats":{"io_queue_recursive":null},"memory_stats":{"usage":7,"limit":9},
    "pids_stats":{"current":1},"cpu_stats":{"cpu_usage":{"percpu_usage":[1],"total_usage":5}}})");

  ~CgroupCountersTest() override { std::filesystem::remove_all(folder); }
  static void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
  }
};

TEST(CgroupFolder, is_that_of_the_controller) {
  const std::string first = "9:name=systemd:/x\n8:pids:/a/b\n3:cpu,cpuacct:/a:c\n0::/y\n";
  EXPECT_EQ(cgroup_folder(first, "pids", false), "/pids/a/b");
  EXPECT_EQ(cgroup_folder(first, "cpuacct", false), "/cpu,cpuacct/a:c");
  EXPECT_EQ(cgroup_folder(first, "memory", false), "");
  EXPECT_EQ(cgroup_folder("0::/a/b\n", "memory", true), "/a/b");
  for (const char* wrong : {"", "0", "0:", "\n\n"}) EXPECT_EQ(cgroup_folder(wrong, "memory", true), "") << wrong;
}

TEST_F(CgroupCountersTest, of_version_1) {
  write(places.processes + "/7/cgroup", "4:memory:/c\n3:blkio:/c\n2:pids:/c\n1:cpu,cpuacct:/c\n");
  const std::string groups = places.groups;
  write(groups + "/memory/c/memory.stat", "cache 10\nrss 20\nodd 30\ntotal_cache 11\n");
  write(groups + "/memory/c/memory.max_usage_in_bytes", "4096\n");
  write(groups + "/memory/c/memory.failcnt", "0\n");
  write(groups + "/blkio/c/blkio.throttle.io_service_bytes_recursive", "8:0 Read 12\n8:0 Total 12\nTotal 12\n");
  write(groups + "/pids/c/pids.max", "100\n");
  write(groups + "/cpu,cpuacct/c/cpu.stat", "nr_periods 3\nnr_throttled 2\nthrottled_time 1\n");
  write(groups + "/cpu,cpuacct/c/cpuacct.stat", "user 2\nsystem 1\n");
  put_cgroup_counters(stats, 7, places);
  const json memory = stats["memory_stats"];
  EXPECT_EQ(memory["max_usage"], 4096);
  EXPECT_FALSE(memory.contains("failcnt"));
  EXPECT_EQ(memory["usage"], 7) << "the engine's";
  EXPECT_EQ(memory["stats"].size(), 32u);
  EXPECT_EQ(memory["stats"]["rss"], 20);
  EXPECT_EQ(memory["stats"]["pgfault"], 0);
  EXPECT_FALSE(memory["stats"].contains("odd"));
  EXPECT_EQ(
      stats["blkio_stats"]["io_service_bytes_recursive"],
      json::parse(R"([{"major":8,"minor":0,"op":"Read","value":12},{"major":8,"minor":0,"op":"Total","value":12}])"));
  EXPECT_EQ(stats["blkio_stats"]["io_queue_recursive"], json::array());
  EXPECT_EQ(stats["pids_stats"], json::parse(R"({"current":1,"limit":100})"));
  EXPECT_EQ(stats["cpu_stats"]["throttling_data"],
            json::parse(R"({"periods":3,"throttled_periods":2,"throttled_time":1})"));
  EXPECT_EQ(stats["cpu_stats"]["cpu_usage"],
            json::parse(
                R"({"percpu_usage":[1],"total_usage":5,"usage_in_usermode":20000000,"usage_in_kernelmode":10000000})"));
}

TEST_F(CgroupCountersTest, of_version_2) {
  write(places.processes + "/7/cgroup", "0::/c\n");
  const std::string own = places.groups + "/c";
  write(places.groups + "/cgroup.controllers", "cpu io memory pids\n");
  write(own + "/memory.stat", "anon 10\nfile 20\ninactive_file 5\n");
  write(own + "/memory.events", "low 0\noom 2\noom_kill 1\n");
  write(own + "/io.stat", "253:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n");
  write(own + "/pids.max", "max\n");
  write(own + "/cpu.stat", "usage_usec 9\nnr_periods 3\nnr_throttled 2\nthrottled_usec 1\n");
  put_cgroup_counters(stats, 7, places);
  EXPECT_EQ(stats["memory_stats"]["stats"].size(), 31u);
  EXPECT_EQ(stats["memory_stats"]["stats"]["inactive_file"], 5);
  EXPECT_EQ(stats["memory_stats"]["failcnt"], 2);
  EXPECT_FALSE(stats["memory_stats"].contains("max_usage"));
  EXPECT_EQ(
      stats["blkio_stats"]["io_service_bytes_recursive"],
      json::parse(
          R"([{"major":253,"minor":0,"op":"read","value":4096},{"major":253,"minor":0,"op":"write","value":8192}])"));
  EXPECT_EQ(stats["blkio_stats"]["io_serviced_recursive"], nullptr);
  EXPECT_EQ(stats["pids_stats"]["limit"], 18446744073709551615ULL);
  EXPECT_EQ(stats["cpu_stats"]["throttling_data"]["throttled_time"], 1000);
  EXPECT_EQ(stats["cpu_stats"]["cpu_usage"], json::parse(R"({"total_usage":5})"));
}

TEST_F(CgroupCountersTest, what_is_gone_stays_as_the_engine_told_it) {
  const json before = stats;
  for (pid_t process : {0, 7}) put_cgroup_counters(stats, process, places);
  EXPECT_EQ(stats, before);
  json none;
  put_cgroup_counters(none, 7, places);
  EXPECT_TRUE(none.is_null());
}

}  // namespace
}  // namespace skein::api
