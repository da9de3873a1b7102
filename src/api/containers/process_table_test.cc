// `docker top` shows a container's processes as `ps -ef` on its host does, whatever is in its image.
#include "api/containers/process_table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace skein::api {
namespace {

using nlohmann::json;

const std::string kStat =
    "4711 (a) 7 (b) S 4700 4711 4711 34816 4711 4194304 100 0 0 0 150 50 0 0 20 0 1 0 360000 1000 10";

TEST(ProcessTable, a_process_is_read_whatever_it_calls_itself) {
  auto process = parse_process_stat(kStat);
  ASSERT_TRUE(process);
  EXPECT_EQ(process->pid, 4711);
  EXPECT_EQ(process->name, "a) 7 (b");
  EXPECT_EQ(process->parent, 4700);
  EXPECT_EQ(process->ticks_used, 200u);
  EXPECT_EQ(process->ticks_at_start, 360000u);
  for (const char* text : {"", "1", "1 (a", ") (", "1 (a) S", "x (a) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"})
    EXPECT_FALSE(parse_process_stat(text)) << text;
}

TEST(ProcessTable, it_is_what_ps_prints) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  auto process = *parse_process_stat(kStat);
  process.command = {"sleep", "1000"};
  auto old = process;
  old.pid = 9;
  old.terminal = 0;
  old.command.clear();
  old.name = "kworker";
  old.ticks_used = 100 * (86400 + 3661);
  old.ticks_at_start = 0;
  ProcessTableContext context;
  context.boot_s = 1'795'219'200 - 3 * 86400;  // three days before 2026-11-21
  process.ticks_at_start = 100 * (3 * 86400 + 3600);
  context.now = WallTime{(1'795'219'200 + 7200) * 1'000'000'000LL};
  context.user_name = [](uint32_t user) { return user == 0 ? "root" : "other"; };
  const json table = format_process_table({process, old}, context);
  EXPECT_EQ(table["Titles"], json({"UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"}));
  EXPECT_EQ(table["Processes"][0], json({"root", "9", "4700", "33", "Nov18", "?", "1-01:01:01", "[kworker]"}));
  EXPECT_EQ(table["Processes"][1], json({"root", "4711", "4700", "0", "01:00", "pts/0", "00:00:02", "sleep 1000"}));
}

TEST(ProcessTable, only_the_containers_own_processes_are_listed) {
  const std::string proc = testing::TempDir() + "skein-proc-" + std::to_string(::getpid());
  auto add = [&](int pid, const std::string& group) {
    const std::string folder = proc + "/" + std::to_string(pid);
    std::filesystem::create_directories(folder);
    std::ofstream(folder + "/stat") << pid << kStat.substr(4);
    std::ofstream(folder + "/cgroup") << group << "\n";
    std::ofstream(folder + "/cmdline") << std::string(
        "sleep\0"
        "9\0",
        8);
  };
  add(10, "0::/libpod-a");
  add(11, "0::/libpod-a");
  add(12, "0::/libpod-a/inner");
  add(13, "0::/libpod-ab");
  add(14, "0::/");
  std::filesystem::create_directories(proc + "/self");
  std::vector<int> found;
  for (const auto& process : read_processes_beside(10, proc)) found.push_back(process.pid);
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<int>{10, 11, 12}));
  EXPECT_EQ(read_processes_beside(10, proc)[0].command, (std::vector<std::string>{"sleep", "9"}));
  EXPECT_TRUE(read_processes_beside(99, proc).empty());
  std::filesystem::remove_all(proc);
}

}  // namespace
}  // namespace skein::api
