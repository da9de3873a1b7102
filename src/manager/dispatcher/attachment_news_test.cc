#include "manager/dispatcher/attachment_news.h"

#include <gtest/gtest.h>

namespace skein::manager {
namespace {

struct AttachmentNewsTest : testing::Test {
  AttachmentNews news;
  TimePoint now{1000000000};

  static api::Node node(std::initializer_list<std::pair<const char*, const char*>> attachments) {
    api::Node out;
    out.set_id("n1");
    for (const auto& [network, address] : attachments) {
      auto* attachment = out.add_attachments();
      attachment->mutable_network()->set_id(network);
      attachment->add_addresses(address);
    }
    return out;
  }
  bool is_held() const { return news.hold_until("n1") > now; }
};

TEST_F(AttachmentNewsTest, a_session_begins_without_waiting) {
  news.begin(node({{"ingress", "10.0.0.2/24"}, {"blue", "10.0.1.2/24"}}));
  EXPECT_FALSE(is_held());
}

TEST_F(AttachmentNewsTest, tasks_wait_for_the_node_to_learn_of_its_address_on_a_further_network) {
  news.begin(node({{"ingress", "10.0.0.2/24"}}));
  news.told(node({{"ingress", "10.0.0.2/24"}, {"blue", "10.0.1.2/24"}}), now);
  EXPECT_TRUE(is_held());
  now = now + AttachmentNews::kHold;
  EXPECT_FALSE(is_held());
}

TEST_F(AttachmentNewsTest, what_the_node_knows_already_is_no_news) {
  news.begin(node({{"ingress", "10.0.0.2/24"}, {"blue", "10.0.1.2/24"}}));
  news.told(node({{"ingress", "10.0.0.2/24"}, {"blue", "10.0.1.2/24"}}), now);
  news.told(node({{"ingress", "10.0.0.2/24"}}), now);
  EXPECT_FALSE(is_held());
}

// The last container left the network and the next came: Docker has dropped the network with the old address.
TEST_F(AttachmentNewsTest, another_address_on_a_known_network_is_news) {
  news.begin(node({{"blue", "10.0.1.2/24"}}));
  news.told(node({{"blue", "10.0.1.4/24"}}), now);
  EXPECT_TRUE(is_held());
}

TEST_F(AttachmentNewsTest, a_network_that_was_left_is_news_again) {
  news.begin(node({{"blue", "10.0.1.2/24"}}));
  news.told(node({}), now);
  news.told(node({{"blue", "10.0.1.2/24"}}), now);
  EXPECT_TRUE(is_held());
}

TEST_F(AttachmentNewsTest, one_nodes_news_holds_no_other_node) {
  news.told(node({{"blue", "10.0.1.2/24"}}), now);
  EXPECT_LE(news.hold_until("n2"), now);
  news.forget("n1");
  EXPECT_FALSE(is_held());
}

}  // namespace
}  // namespace skein::manager
