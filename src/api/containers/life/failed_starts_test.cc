// A client that attached to a container which could not start hears why from its `start`, although it is gone by then.
#include "api/containers/life/failed_starts.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using io::http::Response;

TEST(FailedStarts, the_answer_is_found_by_id_short_id_and_name) {
  FailedStarts starts;
  starts.remember({"aaaa1111", "web", false}, Response::of_message(400, "no such command"));
  starts.remember({"bbbb2222", "box", false}, Response::of_message(404, "gone"));
  for (const char* reference : {"aaaa1111", "aaaa", "web"}) {
    auto found = starts.find(reference);
    ASSERT_TRUE(found) << reference;
    EXPECT_EQ(found->status, 400);
  }
  EXPECT_EQ(starts.find("box")->status, 404);
}

TEST(FailedStarts, nothing_is_due_to_others) {
  FailedStarts starts;
  starts.remember({"aaaa1111", "web", false}, Response::of_status(400));
  for (const char* reference : {"", "we", "aaaa11112", "cccc"}) EXPECT_FALSE(starts.find(reference)) << reference;
}

TEST(FailedStarts, the_newest_of_one_name_wins) {
  FailedStarts starts;
  starts.remember({"aaaa", "web", false}, Response::of_status(400));
  starts.remember({"bbbb", "web", false}, Response::of_status(404));
  EXPECT_EQ(starts.find("web")->status, 404);
  EXPECT_EQ(starts.find("aaaa")->status, 400);
}

TEST(FailedStarts, only_so_many_are_kept) {
  FailedStarts starts;
  for (int i = 0; i < 1000; ++i) starts.remember({"id" + std::to_string(i), "", false}, Response::of_status(400));
  EXPECT_FALSE(starts.find("id0"));
  EXPECT_TRUE(starts.find("id999"));
}

}  // namespace
}  // namespace skein::api
