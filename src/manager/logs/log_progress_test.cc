// A node whose connection breaks while its logs are followed neither repeats lines nor leaves any out.
#include "manager/logs/log_progress.h"

#include <gtest/gtest.h>

#include "model/objects.h"

namespace skein::manager {
namespace {

api::LogMessage line(const std::string& task, int64_t ns, const std::string& node = "n1") {
  api::LogMessage out;
  out.mutable_context()->set_node_id(node);
  out.mutable_context()->set_task_id(task);
  *out.mutable_timestamp() = model::to_timestamp(WallTime{ns});
  return out;
}

TEST(LogProgress, of_a_node_that_told_nothing_begins_where_the_reader_asked) {
  LogProgress progress;
  EXPECT_FALSE(progress.begin_again("n1"));
  EXPECT_TRUE(progress.take(line("t1", 5)));
  EXPECT_FALSE(progress.begin_again("n2"));
}

TEST(LogProgress, skips_what_was_told_before_the_break) {
  LogProgress progress;
  for (int64_t ns : {10, 20, 30}) EXPECT_TRUE(progress.take(line("t1", ns)));
  EXPECT_EQ(progress.begin_again("n1"), WallTime{30});
  EXPECT_FALSE(progress.take(line("t1", 20)));
  EXPECT_FALSE(progress.take(line("t1", 30)));
  EXPECT_TRUE(progress.take(line("t1", 40)));
  EXPECT_TRUE(progress.take(line("t1", 40)));
}

TEST(LogProgress, counts_lines_of_one_time) {
  LogProgress progress;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(progress.take(line("t1", 10)));
  EXPECT_EQ(progress.begin_again("n1"), WallTime{10});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(progress.take(line("t1", 10))) << i;
  EXPECT_TRUE(progress.take(line("t1", 10)));
  EXPECT_TRUE(progress.take(line("t1", 11)));
  // The fourth counts, too.
  EXPECT_EQ(progress.begin_again("n1"), WallTime{11});
}

TEST(LogProgress, survives_a_second_break_while_repeating) {
  LogProgress progress;
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(progress.take(line("t1", 10)));
  progress.begin_again("n1");
  EXPECT_FALSE(progress.take(line("t1", 10)));
  EXPECT_EQ(progress.begin_again("n1"), WallTime{10});
  EXPECT_FALSE(progress.take(line("t1", 10)));
  EXPECT_FALSE(progress.take(line("t1", 10)));
  EXPECT_TRUE(progress.take(line("t1", 10)));
}

TEST(LogProgress, begins_again_from_the_task_that_is_farthest_back) {
  LogProgress progress;
  EXPECT_TRUE(progress.take(line("t1", 10)));
  EXPECT_TRUE(progress.take(line("t2", 50)));
  EXPECT_TRUE(progress.take(line("t3", 5, "n2")));
  EXPECT_EQ(progress.begin_again("n1"), WallTime{10});
  EXPECT_FALSE(progress.take(line("t2", 30)));
  EXPECT_FALSE(progress.take(line("t2", 50)));
  EXPECT_TRUE(progress.take(line("t1", 30)));
  EXPECT_TRUE(progress.take(line("t3", 5, "n2")));  // the other node did not begin again
}

TEST(LogProgress, lets_a_clock_that_was_set_back_tell_on) {
  LogProgress progress;
  EXPECT_TRUE(progress.take(line("t1", 100)));
  EXPECT_TRUE(progress.take(line("t1", 50)));
  EXPECT_EQ(progress.begin_again("n1"), WallTime{50});
}

}  // namespace
}  // namespace skein::manager
