// A node that stays away for a day has its tasks given up; one that comes back in time has not.
#include "manager/dispatcher/absences.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "manager/addresses/network_addresses.h"
#include "store/memory_journal.h"

namespace skein::manager {
namespace {

namespace api = store::api;
using namespace std::chrono_literals;
using Names = std::vector<std::string>;

class AbsencesTest : public testing::Test {
 protected:
  AbsencesTest() {
    change([&](store::Transaction& tx) {
      api::Network network;
      network.set_id("blue");
      network.mutable_spec()->mutable_annotations()->set_name("blue");
      network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet("10.1.0.0/24");
      tx.create(*with_subnets(network, tx.view()));
      for (const char* id : {"n1", "n2"}) {
        api::Node node;
        node.set_id(id);
        tx.create(node);
      }
    });
    set_state("n1", api::NodeStatus::DOWN);
    set_state("n2", api::NodeStatus::READY);
  }
  void change(const std::function<void(store::Transaction&)>& decide) {
    auto run = [&]() -> boost::asio::awaitable<void> {
      auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
        decide(tx);
        return {};
      });
      EXPECT_TRUE(done.ok());
    };
    boost::asio::co_spawn(io_, run(), boost::asio::detached);
    io_.restart();
    io_.poll();
  }
  void set_state(const std::string& id, api::NodeStatus::State state) {
    change([&](store::Transaction& tx) {
      api::Node node = *tx.view().get<api::Node>(id);
      node.mutable_status()->set_state(state);
      tx.update(node);
    });
  }
  void add_task(const std::string& id, const std::string& node, api::TaskState state, bool is_attachment = false) {
    change([&](store::Transaction& tx) {
      api::Task task;
      task.set_id(id);
      task.set_node_id(node);
      task.mutable_status()->set_state(state);
      if (is_attachment) {
        task.mutable_spec()->mutable_attachment()->set_container_id("c");
        *task.add_networks()->mutable_network() = *tx.view().get<api::Network>("blue");
        EXPECT_TRUE(attach_task(tx, task, true).ok());
      } else {
        task.set_service_id("s");
        tx.create(task);
      }
    });
  }
  api::TaskState state_of(const std::string& id) const { return store_.view().get<api::Task>(id)->status().state(); }

  boost::asio::io_context io_;
  store::Store store_{io_.get_executor(),
                      std::make_unique<store::MemoryJournal>(std::make_shared<store::MemoryJournal::Contents>()),
                      system_clock()};
  Absences absences_;
  TimePoint now_{1'000'000'000};
};

TEST_F(AbsencesTest, an_absence_is_over_after_a_day_and_once) {
  EXPECT_EQ(absences_.over(store_.view(), now_), Names());
  EXPECT_EQ(absences_.over(store_.view(), now_ + 24h - 1ns), Names());
  EXPECT_EQ(absences_.over(store_.view(), now_ + 24h), Names{"n1"});
  EXPECT_EQ(absences_.over(store_.view(), now_ + 25h), Names());
}

TEST_F(AbsencesTest, a_node_that_was_back_begins_a_new_absence) {
  EXPECT_EQ(absences_.over(store_.view(), now_), Names());
  set_state("n1", api::NodeStatus::READY);
  EXPECT_EQ(absences_.over(store_.view(), now_ + 23h), Names());
  set_state("n1", api::NodeStatus::DOWN);
  EXPECT_EQ(absences_.over(store_.view(), now_ + 23h), Names());
  EXPECT_EQ(absences_.over(store_.view(), now_ + 46h), Names());
  EXPECT_EQ(absences_.over(store_.view(), now_ + 47h), Names{"n1"});
}

TEST_F(AbsencesTest, only_what_the_node_still_had_is_orphaned) {
  add_task("running", "n1", api::RUNNING);
  add_task("assigned", "n1", api::ASSIGNED);
  add_task("pending", "n1", api::PENDING);
  add_task("failed", "n1", api::FAILED_);
  add_task("elsewhere", "n2", api::RUNNING);
  add_task("attached", "n1", api::RUNNING, true);
  const auto taken = store_.view().index<control::TakenAddresses>().usage("blue");
  change([&](store::Transaction& tx) { orphan_tasks(tx, "n1"); });
  EXPECT_EQ(state_of("running"), api::ORPHANED);
  EXPECT_EQ(state_of("assigned"), api::ORPHANED);
  EXPECT_EQ(state_of("pending"), api::PENDING);
  EXPECT_EQ(state_of("failed"), api::FAILED_);
  EXPECT_EQ(state_of("elsewhere"), api::RUNNING);
  EXPECT_FALSE(store_.view().get<api::Task>("attached"));
  EXPECT_LT(store_.view().index<control::TakenAddresses>().usage("blue").used, taken.used)
      << "the attachment's address, and the node's own there, are free";
}

}  // namespace
}  // namespace skein::manager
