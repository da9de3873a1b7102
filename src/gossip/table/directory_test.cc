// An entry is believed only if its owner is on the network, so a wrong directory makes containers invisible.
#include "gossip/table/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skein::gossip {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

PeerAddress at(uint32_t host) { return {IpAddress::from(Ipv4{0x0a000000 + host}), 7946}; }

struct DirectoryTest : ::testing::Test {
  TimePoint now{0};
  Directory directory{at(99), {}};

  void up(const std::string& name, uint32_t host) { directory.set_up(name, at(host), now); }
  bool is_active(const std::string& name) { return directory.find(name) && directory.find(name)->is_active(); }
  template <class T>
  std::vector<T> taken() {
    std::vector<T> out;
    for (auto& event : directory.take_events())
      if (auto* wanted = std::get_if<T>(&event)) out.push_back(*wanted);
    return out;
  }
};

TEST_F(DirectoryTest, only_a_later_announcement_counts) {
  up("a", 1);
  EXPECT_TRUE(directory.network_joined("a", "blue", 5, now));
  EXPECT_FALSE(directory.network_joined("a", "blue", 5, now));
  EXPECT_FALSE(directory.network_left("a", "blue", 4, now));
  EXPECT_TRUE(directory.is_attached("a", "blue"));
  EXPECT_TRUE(directory.network_left("a", "blue", 6, now));
  EXPECT_FALSE(directory.is_attached("a", "blue"));
  EXPECT_FALSE(directory.network_joined("a", "blue", 5, now)) << "a join overtaken by the leave";
  EXPECT_TRUE(directory.network_joined("a", "blue", 7, now));
}

TEST_F(DirectoryTest, a_leave_that_comes_before_its_join_wins) {
  up("a", 1);
  EXPECT_FALSE(directory.network_left("a", "blue", 6, now)) << "nothing to pass on";
  EXPECT_FALSE(directory.network_joined("a", "blue", 5, now));
  EXPECT_FALSE(directory.is_attached("a", "blue"));
}

TEST_F(DirectoryTest, a_failed_member_loses_its_networks_and_may_say_the_same_again) {
  up("a", 1);
  directory.network_joined("a", "blue", 5, now);
  directory.set_down("a", false, now);
  EXPECT_THAT(directory.members("blue"), IsEmpty());
  auto down = taken<NodeDeactivated>();
  ASSERT_EQ(down.size(), 1u);
  EXPECT_FALSE(down[0].is_gone);
  up("a", 1);
  EXPECT_TRUE(taken<NodeActivated>().at(0).is_return);
  EXPECT_FALSE(directory.is_attached("a", "blue"));
  EXPECT_TRUE(directory.network_joined("a", "blue", 5, now));
}

TEST_F(DirectoryTest, an_announcement_may_come_before_its_node_and_waits_ten_seconds) {
  EXPECT_FALSE(directory.network_joined("a", "blue", 5, now));
  up("a", 1);
  EXPECT_TRUE(directory.is_attached("a", "blue"));
  directory.network_joined("b", "blue", 5, now);
  directory.reap(now + seconds(11));
  up("b", 2);
  EXPECT_FALSE(directory.is_attached("b", "blue"));
}

TEST_F(DirectoryTest, a_farewell_is_final_until_a_later_hello) {
  up("a", 1);
  EXPECT_FALSE(directory.node_joined("a", 3, now)) << "known to be active: no news";
  EXPECT_FALSE(directory.node_left("a", 3, now)) << "not later";
  EXPECT_TRUE(directory.node_left("a", 4, now));
  EXPECT_FALSE(is_active("a"));
  EXPECT_TRUE(taken<NodeDeactivated>().at(0).is_gone);
  EXPECT_FALSE(directory.node_left("a", 5, now));
  EXPECT_TRUE(directory.node_joined("a", 6, now));
  EXPECT_TRUE(is_active("a"));
}

TEST_F(DirectoryTest, a_new_name_at_an_address_makes_the_old_one_a_ghost) {
  up("old", 1);
  directory.network_joined("old", "blue", 5, now);
  up("new", 1);
  EXPECT_FALSE(is_active("old"));
  EXPECT_TRUE(is_active("new"));
  EXPECT_THAT(directory.members("blue"), IsEmpty());
  EXPECT_TRUE(taken<NodeDeactivated>().at(0).is_gone);
}

TEST_F(DirectoryTest, of_two_names_at_one_address_the_survivor_was_the_real_one) {
  up("real", 1);
  up("dead already", 1);
  EXPECT_FALSE(is_active("real"));
  directory.set_down("dead already", false, now);
  EXPECT_TRUE(is_active("real"));
}

TEST_F(DirectoryTest, other_names_at_our_address_are_our_past) {
  up("me before", 99);
  EXPECT_FALSE(is_active("me before"));
  EXPECT_THAT(taken<NodeActivated>(), IsEmpty());
}

TEST_F(DirectoryTest, a_deed_on_a_network_attaches_but_does_not_undo_a_leave) {
  up("a", 1);
  directory.infer_attachment("a", "blue");
  EXPECT_TRUE(directory.is_attached("a", "blue"));
  EXPECT_TRUE(directory.network_joined("a", "blue", 1, now)) << "any announcement is later";
  directory.network_left("a", "blue", 2, now);
  directory.infer_attachment("a", "blue");
  EXPECT_FALSE(directory.is_attached("a", "blue"));
}

TEST_F(DirectoryTest, failed_members_are_forgotten_after_a_day) {
  up("a", 1);
  directory.set_down("a", false, now);
  directory.reap(now + hours(23));
  EXPECT_NE(directory.find("a"), nullptr);
  directory.reap(now + hours(25));
  EXPECT_EQ(directory.find("a"), nullptr);
}

TEST_F(DirectoryTest, nobody_can_attach_to_more_networks_than_there_can_be) {
  up("a", 1);
  for (size_t i = 0; i < Directory::kAttachmentsPerNodeMax + 10; ++i)
    directory.network_joined("a", "n" + std::to_string(i), 1, now);
  EXPECT_EQ(directory.find("a")->attachments.size(), Directory::kAttachmentsPerNodeMax);
}

}  // namespace
}  // namespace skein::gossip
