// The process that encrypts, started and stopped for real.
#include "overlay/encryption/esp_worker.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>

namespace skein::overlay {
namespace {

namespace asio = boost::asio;

struct RealEspWorker : testing::Test {
  RealEspWorker() {
    char path[] = "/tmp/skein-test-XXXXXX";
    folder = mkdtemp(path);
    program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "skein-espd";
    worker = std::make_unique<EspWorker>(loop, folder, program, [this] { ++lost; });
  }
  ~RealEspWorker() override {
    worker->stop();
    // A worker that ends removes its socket meanwhile, which the first attempt may stumble over.
    std::error_code failed;
    std::filesystem::remove_all(folder, failed);
    if (failed) std::filesystem::remove_all(folder);
  }
  template <class Work>
  void run(Work work) {
    bool is_done = false;
    asio::co_spawn(
        loop,
        [&]() -> asio::awaitable<void> {
          co_await work();
          is_done = true;
        },
        asio::detached);
    loop.restart();
    while (!is_done && loop.run_one_for(std::chrono::seconds(20))) {
    }
    ASSERT_TRUE(is_done);
  }

  asio::io_context loop;
  std::string folder, program;
  int lost = 0;
  std::unique_ptr<EspWorker> worker;
};

// The one that was stopped listens for a moment longer; who is told of it in the end is told of the wrong one.
TEST_F(RealEspWorker, stopped_and_started_again_it_is_another_process_with_the_same_epoch) {
  run([&]() -> asio::awaitable<void> {
    auto first = co_await worker->start();
    EXPECT_TRUE(first.ok()) << first.error().text();
    for (int i = 0; first.ok() && i < 10; ++i) {
      auto before = co_await worker->status();
      worker->stop();
      auto again = co_await worker->start();
      EXPECT_TRUE(again.ok()) << again.error().text();
      auto after = co_await worker->status();
      EXPECT_TRUE(before.ok() && after.ok());
      if (!again.ok() || !before.ok() || !after.ok()) break;
      EXPECT_EQ(*again, *first);
      EXPECT_NE(after->pid, before->pid);
    }
  });
  EXPECT_EQ(lost, 0);
}

TEST_F(RealEspWorker, a_daemon_that_encrypts_by_the_kernel_ends_the_process_of_the_one_before) {
  run([&]() -> asio::awaitable<void> {
    EXPECT_TRUE((co_await worker->start()).ok());
    end_esp_worker(folder);
  });
  while (lost == 0 && loop.run_one_for(std::chrono::seconds(20))) {
  }
  EXPECT_EQ(lost, 1);
  end_esp_worker(folder);  // there is none any more
}

}  // namespace
}  // namespace skein::overlay
