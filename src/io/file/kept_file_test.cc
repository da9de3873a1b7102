// A disk that is full for a minute must not leave a file that tells the next daemon what is no longer so.
#include "io/file/kept_file.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "io/loop/virtual_loop.h"

namespace skein::io {
namespace {

using namespace std::chrono_literals;

struct KeptFileTest : testing::Test {
  VirtualLoop loop;
  TaskScope tasks{loop.context().get_executor()};
  bool is_full = false;
  int known = 0, written = 0, tries = 0;
  KeptFile file{tasks, "state", [this]() -> Result<void> {
                  ++tries;
                  if (is_full) return make_error(Code::kUnavailable, "no space left");
                  written = known;
                  return {};
                }};

  void TearDown() override {
    boost::asio::co_spawn(loop.context(), tasks.close(), boost::asio::detached);
    loop.run_ready();
  }
};

TEST_F(KeptFileTest, is_written_once_when_that_works) {
  known = 1;
  EXPECT_TRUE(file.write().ok());
  loop.run_for(1min);
  EXPECT_EQ(written, 1);
  EXPECT_EQ(tries, 1);
}

TEST_F(KeptFileTest, is_written_when_the_disk_has_room_again_as_it_should_be_then) {
  is_full = true;
  known = 1;
  EXPECT_FALSE(file.write().ok());
  EXPECT_FALSE(file.write().ok());
  known = 2;
  loop.run_for(10s);
  is_full = false;
  loop.run_for(KeptFile::kPause);
  EXPECT_EQ(written, 2);
  const int before = tries;
  loop.run_for(1min);
  EXPECT_EQ(tries, before);
  is_full = true;
  EXPECT_FALSE(file.write().ok());
  known = 3, is_full = false;
  loop.run_for(KeptFile::kPause);
  EXPECT_EQ(written, 3);
}

TEST_F(KeptFileTest, is_not_written_when_it_is_wanted_no_more) {
  is_full = true;
  EXPECT_FALSE(file.write().ok());
  file.forget();
  is_full = false;
  known = 1;
  loop.run_for(1min);
  EXPECT_EQ(written, 0);
}

}  // namespace
}  // namespace skein::io
