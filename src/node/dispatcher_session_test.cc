// Dispatcher and Session, as the daemon runs them, through hours of a swarm's life: a node that answers is never Down,
// and one that was away gets back what it missed.
#include "node/sim/managed_host_for_test.h"

namespace skein::node {
namespace {

using DispatcherSession = ManagedHosts;

TEST_F(DispatcherSession, a_node_that_joins_is_ready_and_gets_its_tasks_and_what_it_reports_is_stored) {
  auto& node = add_node(1);
  EXPECT_EQ(store_->view().get<swarm::Node>(node.id)->status().addr(), address(1).text());
  EXPECT_EQ(store_->view().get<swarm::Node>(node.id)->description().hostname(), "host-" + node.id);
  EXPECT_EQ(node.session.local_address(), address(1));
  create_service("web", 3);
  EXPECT_TRUE(loop_.run_until_true(5s, [&] { return running_on(node) == 3; }));
  EXPECT_EQ(node.session.tasks().tasks().size(), 3u);
}

TEST_F(DispatcherSession, nodes_that_beat_stay_ready_for_a_day) {
  auto &one = add_node(1), &two = add_node(2);
  auto watch = store_->watch([&](const store::Changes&) { EXPECT_TRUE(is_ready(one) && is_ready(two)); });
  loop_.run_for(24h);
  EXPECT_EQ(one.opened, 1);
  EXPECT_EQ(one.broken + two.broken, 0);
}

TEST_F(DispatcherSession, a_node_that_is_cut_off_is_down_in_time_and_ready_again_after_it) {
  auto& node = add_node(1);
  create_service("web", 2);
  ASSERT_TRUE(loop_.run_until_true(5s, [&] { return running_on(node) == 2; }));
  cut(1);
  const TimePoint begin = loop_.now();
  ASSERT_TRUE(loop_.run_until_true(1min, [&] { return !is_ready(node); }));
  EXPECT_EQ(state(node), swarm::NodeStatus::DOWN);
  EXPECT_GE(loop_.now() - begin, 10s);
  EXPECT_LE(loop_.now() - begin, 25s) << "three periods";
  mend(1);
  ASSERT_TRUE(loop_.run_until_true(30s, [&] { return is_ready(node) && running_on(node) == 2; }));
  EXPECT_GE(node.broken, 1);
  EXPECT_EQ(node.opened, 2);
}

// With a full disk nothing can be stored, and nobody would be told later what was decided meanwhile.
TEST_F(DispatcherSession, a_node_that_is_lost_while_the_disk_is_full_is_down_once_there_is_room) {
  auto& node = add_node(1);
  node.session.stop();
  disk_->is_failing = true;
  loop_.run_for(5min);
  EXPECT_TRUE(is_ready(node)) << "nothing was stored";
  disk_->is_failing = false;
  EXPECT_TRUE(loop_.run_until_true(5s, [&] { return state(node) == swarm::NodeStatus::DOWN; }));
}

TEST_F(DispatcherSession, tasks_whose_day_is_over_while_the_disk_is_full_are_given_up_once_there_is_room) {
  auto& node = add_node(1);
  create_service("web", 1);
  ASSERT_TRUE(loop_.run_until_true(5s, [&] { return running_on(node) == 1; }));
  const std::string task = store_->view().tasks_on_node(node.id).front()->id();
  node.session.stop();
  loop_.run_for(23h);
  disk_->is_failing = true;
  loop_.run_for(2h);
  disk_->is_failing = false;
  EXPECT_TRUE(loop_.run_until_true(
      5s, [&] { return store_->view().get<swarm::Task>(task)->status().state() == swarm::ORPHANED; }));
}

TEST_F(DispatcherSession, a_cut_shorter_than_the_grace_costs_nobody_anything) {
  auto& node = add_node(1);
  create_service("web", 2);
  ASSERT_TRUE(loop_.run_until_true(5s, [&] { return running_on(node) == 2; }));
  auto watch = store_->watch([&](const store::Changes&) { EXPECT_TRUE(is_ready(node)); });
  for (int i = 0; i < 20; ++i) {
    cut(1);
    loop_.run_for(3s);
    mend(1);
    loop_.run_for(20s);
  }
  EXPECT_EQ(running_on(node), 2u);
}

TEST_F(DispatcherSession, what_changes_while_a_node_is_away_reaches_it_when_it_is_back) {
  auto& node = add_node(1);
  create_service("old", 2);
  ASSERT_TRUE(loop_.run_until_true(5s, [&] { return running_on(node) == 2; }));
  cut(1);
  loop_.run_for(1s);
  create_service("new", 3);
  loop_.run_for(1s);
  EXPECT_EQ(node.session.tasks().tasks().size(), 2u);
  mend(1);
  EXPECT_TRUE(loop_.run_until_true(30s, [&] { return running_on(node) == 5; }));
}

TEST_F(DispatcherSession, a_session_recovers_wherever_its_connection_breaks) {
  auto& node = add_node(1);
  create_service("web", 2);
  ASSERT_TRUE(loop_.run_until_true(5s, [&] { return running_on(node) == 2; }));
  auto watch = store_->watch([&](const store::Changes&) { EXPECT_TRUE(is_ready(node)); });
  for (size_t bytes = 0; bytes < 6000; bytes += 59) {
    bytes % 2 ? network_.break_after(address(1), kManager, bytes) : network_.break_after(kManager, address(1), bytes);
    network_.reset(address(1), kManager);
    const int opened = node.opened;
    ASSERT_TRUE(loop_.run_until_true(30s, [&] { return node.opened > opened; })) << bytes;
    loop_.run_for(10s);
    EXPECT_TRUE(node.session.is_registered()) << bytes;
    EXPECT_EQ(node.session.tasks().tasks().size(), 2u) << bytes;
  }
  EXPECT_EQ(running_on(node), 2u);
}

TEST_F(DispatcherSession, a_manager_that_comes_back_finds_its_nodes_before_it_gives_them_up) {
  auto &one = add_node(1), &two = add_node(2);
  create_service("web", 4);
  ASSERT_TRUE(loop_.run_until_true(5s, [&] { return running_on(one) + running_on(two) == 4; }));
  stop_manager();
  loop_.run_for(20s);
  open_store();
  start_manager();
  auto watch = store_->watch([&](const store::Changes&) { EXPECT_TRUE(is_ready(one) && is_ready(two)); });
  ASSERT_TRUE(loop_.run_until_true(30s, [&] { return one.opened == 2 && two.opened == 2; }));
  loop_.run_for(5min);
  EXPECT_EQ(running_on(one) + running_on(two), 4u);
}

TEST_F(DispatcherSession, a_manager_that_comes_back_knows_who_has_told_it_of_its_tasks) {
  auto &one = add_node(1), &two = add_node(2);
  const auto has_told = [&](const SessionNode& node) {
    return store_->view().get<swarm::Node>(node.id)->status().has_ready_since();
  };
  EXPECT_TRUE(has_told(one) && has_told(two));
  cut(1);
  stop_manager();
  open_store();
  start_manager();
  ASSERT_TRUE(loop_.run_until_true(30s, [&] { return two.opened == 2; }));
  EXPECT_TRUE(has_told(two));
  EXPECT_TRUE(is_ready(one));
  EXPECT_FALSE(has_told(one));
  mend(1);
  ASSERT_TRUE(loop_.run_until_true(30s, [&] { return one.opened == 2; }));
  EXPECT_TRUE(has_told(one));
}

TEST_F(DispatcherSession, a_node_that_leaves_is_down_and_can_be_removed_and_one_that_is_removed_hears_it) {
  auto &leaving = add_node(1), &removed = add_node(2);
  leaving.session.stop();
  ASSERT_TRUE(loop_.run_until_true(1min, [&] { return state(leaving) == swarm::NodeStatus::DOWN; }));
  EXPECT_TRUE(run(manager_->remove_node(leaving.id, false)).ok());
  EXPECT_FALSE(run(manager_->remove_node(removed.id, false)).ok()) << "it is not down";
  EXPECT_TRUE(run(manager_->remove_node(removed.id, true)).ok());
  EXPECT_TRUE(loop_.run_until_true(1s, [&] { return removed.broken == 1; }));
  loop_.run_for(5min);
  EXPECT_EQ(removed.opened, 1) << "it came back";
}

TEST_F(DispatcherSession, a_wrong_token_is_refused_with_the_reason) {
  auto token = wire::make_join_token(store_->view().cluster()->root_ca().ca_cert(), random_);
  agent::JoinRequest request{{{kManager.text(), 2377}}, token};
  auto identity = run(agent::obtain_identity(network_.host(address(9)), request, loop_, random_));
  ASSERT_FALSE(identity.ok());
  EXPECT_NE(identity.error().text().find("token"), std::string::npos) << identity.error().text();
  EXPECT_EQ(store_->view().all<swarm::Node>().size(), 1u);
}

// With transactions, messages and timers in all states.
TEST_F(DispatcherSession, the_manager_can_be_closed_at_each_moment_of_its_work) {
  auto& node = add_node(1);
  for (int handlers = 0; handlers < 300; handlers += 7) {
    create_service("web-" + std::to_string(handlers), 2);
    int left = handlers;
    loop_.run_until_true(1s, [&] { return left-- == 0; });
    stop_manager();
    open_store();
    start_manager();
    const size_t wanted = store_->view().all<swarm::Service>().size() * 2;
    ASSERT_TRUE(loop_.run_until_true(1min, [&] { return running_on(node) == wanted; })) << handlers;
  }
}

}  // namespace
}  // namespace skein::node
