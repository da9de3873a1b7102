// Docker shows the labels and variables that were chosen when the container was made, by name, as a form would have
// them.
#include "engine/podman/logs/log_details.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

using nlohmann::json;

const json kConfig{{"Labels", {{"tier", "front end"}, {"com.example.a", "1"}, {"com.example.b", "x=y,z"}, {"odd", 7}}},
                   {"Env", {"PATH=/bin", "MODE=a=b ", "BARE"}}};

TEST(LogDetails, are_what_the_options_choose) {
  EXPECT_EQ(log_details({{"labels", "tier,nosuch"}, {"env", "MODE"}}, kConfig), "MODE=a%3Db+,tier=front+end");
  EXPECT_EQ(log_details({{"labels-regex", "^com\\.example\\."}, {"env-regex", "^P"}}, kConfig),
            "PATH=%2Fbin,com.example.a=1,com.example.b=x%3Dy%2Cz");
}

TEST(LogDetails, are_none_where_nothing_is_chosen) {
  EXPECT_EQ(log_details(json::object(), kConfig), "");
  EXPECT_EQ(log_details({{"labels", "odd,"}, {"env", "BARE"}, {"labels-regex", "("}}, kConfig), "");
  EXPECT_EQ(log_details(nullptr, nullptr), "");
}

}  // namespace
}  // namespace skein::engine
