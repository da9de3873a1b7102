#include "plan/read_back.h"

#include <gtest/gtest.h>

namespace skein::plan {
namespace {

TEST(ReadBackTest, says_how_many_differences_there_were_and_names_the_first) {
  Changes changes;
  EXPECT_EQ(read_back_of(changes, {}).differences, 0u);
  for (int i = 0; i < 30; ++i) changes.operations.push_back(DeleteLink{"sk" + std::to_string(i)});
  const ReadBack found = read_back_of(changes, {});
  EXPECT_EQ(found.differences, 30u);
  ASSERT_EQ(found.first.size(), ReadBack::kShownMax);
  EXPECT_EQ(found.first[0], text(changes.operations[0]));
}

}  // namespace
}  // namespace skein::plan
