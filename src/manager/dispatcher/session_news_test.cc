// A session message makes a node look at everything it knows: none is sent for nothing, and none is left out.
#include "manager/dispatcher/session_news.h"

#include <gtest/gtest.h>

namespace skein::manager {
namespace {

namespace api = store::api;

api::Node node(const std::string& id) {
  api::Node out;
  out.set_id(id);
  for (int i = 0; i < 20; ++i)
    (*out.mutable_spec()->mutable_annotations()->mutable_labels())["l" + std::to_string(i)] = "x";
  return out;
}

store::Change change(const api::Node& before, const api::Node& after) {
  return {store::Kind::kNode, after.id(), std::make_shared<const api::Node>(before),
          std::make_shared<const api::Node>(after)};
}

store::Change change(const api::Cluster& before, const api::Cluster& after) {
  return {store::Kind::kCluster, "c", std::make_shared<const api::Cluster>(before),
          std::make_shared<const api::Cluster>(after)};
}

TEST(SessionNewsTest, a_node_hears_of_itself_and_not_of_others) {
  auto after = node("n1");
  after.add_attachments()->add_addresses("10.0.0.2/24");
  SessionNews news;
  news.take({change(node("n1"), after)});
  EXPECT_TRUE(news.concerns("n1"));
  EXPECT_FALSE(news.concerns("n2"));
}

TEST(SessionNewsTest, a_node_that_was_only_written_again_is_no_news) {
  auto after = node("n1");
  after.mutable_meta()->mutable_version()->set_index(7);
  SessionNews news;
  news.take({change(node("n1"), after)});
  EXPECT_TRUE(news.is_empty());
}

TEST(SessionNewsTest, all_hear_of_managers_keys_and_root) {
  auto manager = node("n1");
  manager.mutable_manager_status()->set_addr("192.0.2.1:2377");
  api::Cluster keyed, rooted, renamed;
  keyed.add_network_bootstrap_keys()->set_key("k");
  rooted.mutable_root_ca()->set_ca_cert("pem");
  renamed.mutable_spec()->mutable_annotations()->set_name("other");
  for (const auto& each :
       {change(node("n1"), manager), change(manager, node("n1")), change({}, keyed), change({}, rooted)}) {
    SessionNews news;
    news.take({each});
    EXPECT_TRUE(news.concerns("n2"));
  }
  SessionNews news;
  news.take({change({}, renamed)});
  EXPECT_TRUE(news.is_empty());
}

TEST(SessionNewsTest, a_message_holds_the_node_the_managers_the_keys_and_the_root) {
  store::Tables tables;
  auto manager = node("m1");
  manager.mutable_manager_status()->set_addr("192.0.2.1:2377");
  api::Cluster cluster;
  cluster.set_id("c");
  cluster.add_network_bootstrap_keys()->set_key("k");
  cluster.mutable_root_ca()->set_ca_cert("pem");
  for (const auto& each : {node("n1"), manager})
    tables.apply({store::Kind::kNode, each.id(), store::Ref<api::Node>(), std::make_shared<const api::Node>(each)});
  tables.apply({store::Kind::kCluster, "c", store::Ref<api::Cluster>(), std::make_shared<const api::Cluster>(cluster)});
  auto message = session_message(common_session_message(tables), tables, "n1", "s1");
  EXPECT_EQ(message.session_id(), "s1");
  EXPECT_EQ(message.node().id(), "n1");
  ASSERT_EQ(message.managers_size(), 1);
  EXPECT_EQ(message.managers(0).peer().addr(), "192.0.2.1:2377");
  ASSERT_EQ(message.network_bootstrap_keys_size(), 1);
  EXPECT_EQ(message.rootca(), "pem");
}

}  // namespace
}  // namespace skein::manager
