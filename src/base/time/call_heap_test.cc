// A simulation replays from its seed only if calls of one time always come in one order.
#include "base/time/call_heap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace skein {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CallHeapTest : public testing::Test {
 protected:
  Loop::CallId add(int64_t at, int name) {
    return heap_.add({at}, [this, name] { made_.push_back(name); });
  }
  CallHeap heap_;
  std::vector<int> made_;
};

TEST_F(CallHeapTest, calls_come_by_time_and_then_in_the_order_of_asking) {
  add(20, 3), add(10, 1), add(20, 4), add(10, 2), add(30, 5);
  heap_.run_due({20});
  EXPECT_THAT(made_, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(heap_.next(), TimePoint{30});
}

TEST_F(CallHeapTest, a_removed_call_is_not_made_even_by_one_of_the_same_time) {
  Loop::CallId second;
  heap_.add({10}, [&] { EXPECT_TRUE(heap_.remove(second)); });
  second = add(10, 2);
  heap_.run_due({10});
  EXPECT_THAT(made_, IsEmpty());
  EXPECT_FALSE(heap_.remove(second));
  EXPECT_FALSE(heap_.remove({}));
}

TEST_F(CallHeapTest, what_a_call_asks_for_waits_for_the_next_time) {
  heap_.add({10}, [&] { add(5, 1), add(10, 2), add(10, 3); });
  add(10, 4);
  heap_.run_due({10});
  EXPECT_THAT(made_, ElementsAre(4));
  EXPECT_EQ(heap_.next(), TimePoint{5});
  heap_.run_due({10});
  EXPECT_THAT(made_, ElementsAre(4, 1, 2, 3));
}

TEST_F(CallHeapTest, without_calls_the_next_time_is_never) {
  EXPECT_EQ(heap_.next(), TimePoint::never());
  add(10, 1);
  heap_.clear();
  EXPECT_EQ(heap_.next(), TimePoint::never());
  heap_.run_due(TimePoint::never());
  EXPECT_THAT(made_, IsEmpty());
}

TEST(TimePoints, sums_beyond_the_end_of_time_are_never) {
  EXPECT_EQ(TimePoint{1} + Duration::max(), TimePoint::never());
  EXPECT_EQ(TimePoint::never() + Duration(1), TimePoint::never());
  EXPECT_EQ(TimePoint{5} + Duration(-7), TimePoint{-2});
}

}  // namespace
}  // namespace skein
