#include "engine/podman/events/exit_watch.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>

#include "io/file/file.h"

namespace skein::engine {
namespace {

TEST(ExitFile, says_who_ended_and_how) {
  const std::string id(64, 'a');
  EXPECT_EQ(parse_exit(id, "137")->exit_code, 137);
  EXPECT_EQ(parse_exit(id, "0\n")->id, id);
  for (const std::string& name :
       {std::string(), std::string(63, 'a'), std::string(64, 'A'), id + ".X1Y2Z3", std::string(60, 'a') + "/../"})
    EXPECT_FALSE(parse_exit(name, "0")) << name;
  for (const char* content : {"", "x", "99999999999999999999"}) EXPECT_FALSE(parse_exit(id, content)) << content;
}

class ExitWatchTest : public testing::Test {
 protected:
  ExitWatchTest() {
    std::string name = testing::TempDir() + "exits-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~ExitWatchTest() override { std::filesystem::remove_all(folder_); }
  void close() { boost::asio::co_spawn(loop_, tasks_.close(), boost::asio::detached); }
  // As a monitor does.
  void write(const std::string& name, const std::string& content) {
    ASSERT_TRUE(io::write_file_atomically(folder_ + "/" + name, content, 0600).ok());
  }
  boost::asio::io_context loop_;
  io::TaskScope tasks_{loop_.get_executor()};
  std::string folder_;
  std::vector<std::string> told_;
};

TEST_F(ExitWatchTest, tells_each_end_once_in_order) {
  ExitWatch watch(tasks_, folder_, [&](const ContainerExit& exit) {
    told_.push_back(exit.id.substr(0, 1) + std::to_string(exit.exit_code));
    if (told_.size() == 3) close();
  });
  write(std::string(64, 'e'), "1");  // before the watch began
  ASSERT_TRUE(watch.start().ok());
  write(std::string(64, 'a'), "7");
  write("other", "8");
  write(std::string(64, 'b'), "0");
  write(std::string(64, 'c'), "9");
  loop_.run();
  EXPECT_EQ(told_, (std::vector<std::string>{"a7", "b0", "c9"}));
}

TEST_F(ExitWatchTest, tells_nothing_once_it_is_being_closed) {
  ExitWatch watch(tasks_, folder_ + "/not/there", [&](const ContainerExit&) {
    told_.emplace_back("told");
    close();
  });
  ASSERT_TRUE(watch.start().ok());
  folder_ += "/not/there";
  write(std::string(64, 'a'), "7");
  write(std::string(64, 'b'), "7");
  loop_.run();
  EXPECT_EQ(told_.size(), 1u);
  folder_.resize(folder_.size() - 10);
}

}  // namespace
}  // namespace skein::engine
