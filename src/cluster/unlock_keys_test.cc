#include "cluster/unlock_keys.h"

#include <gtest/gtest.h>

namespace skein::cluster {
namespace {

namespace api = model::api;

struct UnlockKeys : testing::Test {
  SeededRandom random{1};
  api::Cluster cluster;
  std::string updated(bool is_on, bool is_replaced) {
    cluster.mutable_spec()->mutable_encryption_config()->set_auto_lock_managers(is_on);
    update_unlock_keys(cluster, is_replaced, random);
    return unlock_key_of(cluster);
  }
};

TEST_F(UnlockKeys, there_is_one_while_autolock_is_on) {
  EXPECT_EQ(updated(false, false), "");
  const std::string first = updated(true, false);
  EXPECT_EQ(first.size(), 32U);
  EXPECT_EQ(updated(true, false), first) << "other updates keep it";
  EXPECT_EQ(updated(false, false), "");
  EXPECT_EQ(cluster.unlock_keys_size(), 0);
  EXPECT_NE(updated(true, false), first) << "a key of before does not come back";
}

TEST_F(UnlockKeys, one_is_replaced_by_another) {
  const std::string first = updated(true, false), second = updated(true, true);
  EXPECT_NE(second, first);
  EXPECT_EQ(second.size(), 32U);
  EXPECT_EQ(cluster.unlock_keys_size(), 1);
  EXPECT_EQ(updated(false, true), "") << "there is nothing to replace";
}

TEST_F(UnlockKeys, keys_of_others_stay) {
  auto* other = cluster.add_unlock_keys();
  other->set_subsystem("another");
  other->set_key("k");
  (void)updated(true, false);
  EXPECT_EQ(updated(false, false), "");
  ASSERT_EQ(cluster.unlock_keys_size(), 1);
  EXPECT_EQ(cluster.unlock_keys(0).key(), "k");
}

}  // namespace
}  // namespace skein::cluster
