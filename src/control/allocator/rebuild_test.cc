#include "control/allocator/rebuild.h"

#include <gtest/gtest.h>

namespace skein::control {
namespace {

api::Network make_network(Allocator& allocator, const std::string& id, const std::string& subnet = {}) {
  api::Network network;
  network.set_id(id);
  network.mutable_spec()->mutable_annotations()->set_name("name-" + id);
  if (!subnet.empty()) network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet(subnet);
  auto made = allocator.allocate_network(network);
  EXPECT_TRUE(made.ok());
  return *made;
}

api::Task make_task(const std::string& id, const api::Network& network, const std::string& address,
                    api::TaskState state = api::RUNNING) {
  api::Task task;
  task.set_id(id);
  task.mutable_status()->set_state(state);
  *task.add_networks()->mutable_network() = network;
  task.mutable_networks(0)->add_addresses(address);
  return task;
}

// After a change of leader no address may have two owners.
TEST(RebuildAllocator, everything_that_is_held_stays_held) {
  Allocator before;
  api::Network network = make_network(before, "a", "10.60.0.0/24"), other = make_network(before, "b");
  api::Service service;
  service.set_id("s1");
  api::Endpoint::VirtualIP* vip = service.mutable_endpoint()->add_virtual_ips();
  vip->set_network_id("a");
  vip->set_addr("10.60.0.2/24");
  api::Task running = make_task("t1", network, "10.60.0.3/24");
  api::Task ended = make_task("t2", network, "10.60.0.4/24", api::COMPLETE_);
  api::Node node;
  node.set_id("node1");
  *node.add_attachments()->mutable_network() = network;
  node.mutable_attachments(0)->add_addresses("10.60.0.6/24");
  api::Network unallocated;
  unallocated.set_id("c");

  auto rebuilt = rebuild_allocator({}, {{&other, &network, &unallocated}, {&service}, {&running, &ended}, {&node}});
  EXPECT_TRUE(rebuilt.problems.empty());
  for (const char* held : {"10.60.0.2", "10.60.0.3", "10.60.0.6"})
    EXPECT_FALSE(rebuilt.allocator.allocate_address("a", held).ok()) << held;
  EXPECT_EQ(*rebuilt.allocator.allocate_address("a"), "10.60.0.7/24") << "new addresses start behind the old ones";
  EXPECT_TRUE(rebuilt.allocator.allocate_address("a", "10.60.0.4").ok()) << "an ended task holds nothing";
  EXPECT_EQ(make_network(rebuilt.allocator, "c").ipam().configs(0).subnet(), "10.0.1.0/24");
}

TEST(RebuildAllocator, two_owners_of_an_address_are_reported_and_both_must_let_go) {
  Allocator before;
  api::Network network = make_network(before, "a", "10.60.0.0/24");
  api::Task one = make_task("t1", network, "10.60.0.3/24"), two = make_task("t2", network, "10.60.0.3/24");
  auto rebuilt = rebuild_allocator({}, {{&network}, {}, {&one, &two}, {}});
  ASSERT_EQ(rebuilt.problems.size(), 1u);
  EXPECT_EQ(rebuilt.problems[0].text(), "task t2: 10.60.0.3 of network name-a is held twice: the other is task t1");
  rebuilt.allocator.release_address("a", "10.60.0.3/24");
  EXPECT_FALSE(rebuilt.allocator.allocate_address("a", "10.60.0.3").ok());
  rebuilt.allocator.release_address("a", "10.60.0.3/24");
  EXPECT_TRUE(rebuilt.allocator.allocate_address("a", "10.60.0.3").ok());
}

TEST(RebuildAllocator, overlapping_networks_are_reported_and_the_first_is_kept) {
  Allocator one, two;
  api::Network first = make_network(one, "a", "10.60.0.0/24"), second = make_network(two, "b", "10.60.0.0/16");
  auto rebuilt = rebuild_allocator({}, {{&first, &second}, {}, {}, {}});
  ASSERT_EQ(rebuilt.problems.size(), 1u);
  EXPECT_TRUE(rebuilt.allocator.knows_network("a"));
  EXPECT_FALSE(rebuilt.allocator.knows_network("b"));
}

TEST(RebuildAllocator, a_network_that_is_gone_keeps_its_subnet_while_a_task_is_stopping) {
  Allocator before;
  api::Network gone = make_network(before, "a", "10.60.0.0/24");
  api::Task stopping = make_task("t1", gone, "10.60.0.3/24");
  auto rebuilt = rebuild_allocator({}, {{}, {}, {&stopping}, {}});
  EXPECT_TRUE(rebuilt.problems.empty());
  EXPECT_EQ(rebuilt.allocator.allocate_address("a").error().text(), "network name-a is being removed");
  rebuilt.allocator.release_address("a", "10.60.0.3/24");
  EXPECT_FALSE(rebuilt.allocator.knows_network("a"));
}

}  // namespace
}  // namespace skein::control
