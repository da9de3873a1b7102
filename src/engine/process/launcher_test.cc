// Containers' commands are started by a small process, which may be killed.
#include "engine/process/processes_for_test.h"

namespace skein::engine {
namespace {

using nlohmann::json;

class Launching : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "namespaces need root";
    std::string pattern = testing::TempDir() + "/skein-launcher-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    ASSERT_TRUE(launcher_.start().ok());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<void> launch(const std::string& command, bool is_recorded = true) {
    const json spec{{"Image", "none"}, {"Entrypoint", {command}}, {"HostConfig", {{"NetworkMode", "none"}}}};
    return launcher_.launch(spec, std::string(64, 'a'), folder_, [&](const Launched& now) -> Result<void> {
      launched_ = now;
      if (is_recorded) return {};
      return make_error(Code::kUnavailable, "no space");
    });
  }
  std::string folder_;
  Launcher launcher_;
  Launched launched_;
};

TEST_F(Launching, what_was_started_is_told_and_leaves_its_end) {
  ASSERT_TRUE(launch("true").ok());
  await_end(launched_.supervisor);
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/exit"));
}

TEST_F(Launching, what_cannot_be_run_is_told_in_dockers_words) {
  auto launched = launch("/no/such/command");
  ASSERT_FALSE(launched.ok());
  EXPECT_EQ(launched.error().code, Code::kInvalidArgument);
  EXPECT_NE(launched.error().what.find("exec: \"/no/such/command\": stat /no/such/command: no such file or directory"),
            std::string::npos)
      << launched.error().what;
  EXPECT_FALSE(io::open_process(launched_.supervisor)) << "a supervisor is left";
}

TEST_F(Launching, what_could_not_be_recorded_does_not_run) {
  auto launched = launch("true", false);
  ASSERT_FALSE(launched.ok());
  EXPECT_EQ(launched.error().what, "no space");
  await_end(launched_.process);
  EXPECT_FALSE(io::open_process(launched_.process));
}

TEST_F(Launching, a_launcher_that_was_killed_is_started_again) {
  const pid_t first = launcher_.pid();
  const io::ProcessId before = io::identify(first);
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  await_end(before);
  ASSERT_TRUE(launch("true").ok());
  EXPECT_NE(launcher_.pid(), first);
  await_end(launched_.supervisor);
}

}  // namespace
}  // namespace skein::engine
