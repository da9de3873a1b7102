// A thousand tasks that start at once are some transactions, and a report that is refused harms no other.
#include "manager/dispatcher/status_reports.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <map>

#include "manager/addresses/network_addresses.h"
#include "store/memory_journal.h"

namespace skein::manager {
namespace {

namespace asio = boost::asio;
namespace api = store::api;

class StatusReportsTest : public testing::Test {
 protected:
  StatusReportsTest() {
    api::Network network;
    network.set_id("net");
    network.mutable_spec()->mutable_annotations()->set_name("net");
    network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet("10.1.0.0/24");
    change([&](store::Transaction& tx) { tx.create(*with_subnets(network, tx.view())); });
    reports_ = std::make_unique<StatusReports>(tasks_, store_, system_clock());
  }

  void change(const std::function<void(store::Transaction&)>& decide) {
    auto run = [&]() -> asio::awaitable<void> {
      auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
        decide(tx);
        return {};
      });
      EXPECT_TRUE(done.ok());
    };
    asio::co_spawn(io_, run(), asio::detached);
    io_.restart();
    io_.run();
  }
  void add_task(const std::string& id, const std::string& node) {
    api::Task task;
    task.set_id(id);
    task.set_node_id(node);
    task.mutable_status()->set_state(api::ASSIGNED);
    change([&](store::Transaction& tx) { tx.create(task); });
  }
  // A container's place on the network, as `run --network` has it.
  std::string add_attachment(const std::string& id, const std::string& node) {
    api::Task task;
    task.set_id(id);
    task.set_node_id(node);
    task.mutable_spec()->mutable_attachment()->set_container_id("c");
    task.mutable_status()->set_state(api::RUNNING);
    *task.add_networks()->mutable_network() = *store_.view().get<api::Network>("net");
    change([&](store::Transaction& tx) { EXPECT_TRUE(attach_task(tx, task, true).ok()); });
    return store_.view().get<api::Task>(id)->networks(0).addresses(0);
  }
  static api::UpdateTaskStatusRequest report(const std::vector<std::string>& tasks, api::TaskState state) {
    api::UpdateTaskStatusRequest out;
    for (const auto& id : tasks) {
      auto* update = out.add_updates();
      update->set_task_id(id);
      update->mutable_status()->set_state(state);
    }
    return out;
  }
  // The answer comes into answers_[node] when the loop runs.
  void send(const std::string& node, api::UpdateTaskStatusRequest request) {
    auto run = [](StatusReportsTest* test, std::string from,
                  api::UpdateTaskStatusRequest what) -> asio::awaitable<void> {
      auto answer = co_await test->reports_->write(from, std::move(what));
      test->answers_.insert_or_assign(from, answer);
    };
    asio::co_spawn(io_, run(this, node, std::move(request)), asio::detached);
  }
  void settle() {
    io_.restart();
    io_.run();
  }
  api::TaskState state(const std::string& id) { return store_.view().get<api::Task>(id)->status().state(); }

  asio::io_context io_;
  io::TaskScope tasks_{io_.get_executor()};
  std::shared_ptr<store::MemoryJournal::Contents> contents_ = std::make_shared<store::MemoryJournal::Contents>();
  store::Store store_{io_.get_executor(), std::make_unique<store::MemoryJournal>(contents_), system_clock()};
  std::unique_ptr<StatusReports> reports_;
  std::map<std::string, Result<void>> answers_;
};

TEST_F(StatusReportsTest, reports_that_come_together_are_one_transaction) {
  for (int i = 0; i < 20; ++i) add_task("t" + std::to_string(i), "n" + std::to_string(i));
  const uint64_t before = store_.index();
  for (int i = 0; i < 20; ++i) send("n" + std::to_string(i), report({"t" + std::to_string(i)}, api::RUNNING));
  settle();
  EXPECT_EQ(answers_.size(), 20u);
  for (const auto& [node, answer] : answers_) EXPECT_TRUE(answer.ok());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(state("t" + std::to_string(i)), api::RUNNING);
  EXPECT_EQ(store_.index(), before + 1);
}

TEST_F(StatusReportsTest, a_batch_is_bounded) {
  std::vector<std::string> many;
  for (size_t i = 0; i < StatusReports::kStatusesMax; ++i) many.push_back("gone-" + std::to_string(i));
  add_task("t1", "n1");
  add_task("t2", "n2");
  many.push_back("t1");
  const uint64_t before = store_.index();
  send("n1", report(many, api::RUNNING));
  send("n2", report({"t2"}, api::RUNNING));
  settle();
  EXPECT_EQ(store_.index(), before + 2);
}

TEST_F(StatusReportsTest, a_report_about_another_nodes_task_is_refused_alone) {
  add_task("t1", "n1");
  add_task("t2", "n2");
  send("n1", report({"t1", "t2"}, api::RUNNING));
  send("n2", report({"t2"}, api::STARTING));
  settle();
  EXPECT_EQ(answers_.at("n1").error().code, Code::kPermissionDenied);
  EXPECT_TRUE(answers_.at("n2").ok());
  EXPECT_EQ(state("t1"), api::ASSIGNED);
  EXPECT_EQ(state("t2"), api::STARTING);
}

// The address of an attachment whose end was reported together with a refused report stays its holder's.
TEST_F(StatusReportsTest, a_refused_report_frees_no_address) {
  const std::string address = add_attachment("mine", "n1");
  add_task("theirs", "n2");
  send("n1", report({"mine", "theirs"}, api::SHUTDOWN));
  settle();
  EXPECT_FALSE(answers_.at("n1").ok());
  ASSERT_TRUE(store_.view().get<api::Task>("mine"));
  EXPECT_NE(add_attachment("other", "n2"), address);
}

// What a transaction had freed before it failed is not free.
TEST_F(StatusReportsTest, a_report_that_cannot_be_stored_frees_no_address) {
  const std::string address = add_attachment("mine", "n1");
  contents_->is_failing = true;
  send("n1", report({"mine"}, api::SHUTDOWN));
  settle();
  EXPECT_FALSE(answers_.at("n1").ok());
  contents_->is_failing = false;
  ASSERT_TRUE(store_.view().get<api::Task>("mine"));
  api::Task other;
  other.set_id("other");
  *other.add_networks()->mutable_network() = *store_.view().get<api::Network>("net");
  other.mutable_networks(0)->add_addresses(address);
  change([&](store::Transaction& tx) { EXPECT_FALSE(attach_task(tx, other, true).ok()) << "it has an owner"; });
}

TEST_F(StatusReportsTest, an_ended_attachment_gives_back_its_address_and_its_nodes) {
  api::Node node;
  node.set_id("n1");
  change([&](store::Transaction& tx) { tx.create(node); });
  auto used = [&] { return store_.view().index<control::TakenAddresses>().usage("net").used; };
  const auto before = used();
  add_attachment("mine", "n1");
  EXPECT_EQ(used(), before + 2);
  send("n1", report({"mine"}, api::SHUTDOWN));
  settle();
  EXPECT_EQ(used(), before);
}

TEST_F(StatusReportsTest, states_only_move_forward_and_repeated_reports_change_nothing) {
  add_task("t1", "n1");
  send("n1", report({"t1"}, api::RUNNING));
  settle();
  const uint64_t before = store_.index();
  send("n1", report({"t1"}, api::RUNNING));
  send("n1", report({"t1"}, api::STARTING));
  settle();
  EXPECT_EQ(store_.index(), before);
  EXPECT_EQ(state("t1"), api::RUNNING);
}

TEST_F(StatusReportsTest, reports_that_wait_when_the_manager_stops_are_answered) {
  add_task("t1", "n1");
  send("n1", report({"t1"}, api::RUNNING));
  settle();
  send("n1", report({"t1"}, api::COMPLETE_));
  io_.restart();
  io_.poll_one();  // it waits for its batch now
  asio::co_spawn(io_, tasks_.close(), asio::detached);
  settle();
  EXPECT_EQ(answers_.at("n1").error().code, Code::kAborted);
}

}  // namespace
}  // namespace skein::manager
