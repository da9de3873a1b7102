// Addresses are taken and free exactly as the objects in the tables say, whatever transactions tried in between.
#include "control/allocator/taken_addresses.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "base/random.h"
#include "store/memory_journal.h"
#include "store/store.h"

namespace skein::control {
namespace {

class TakenAddressesTest : public testing::Test {
 protected:
  TakenAddressesTest() {
    EXPECT_TRUE(change([&](store::Transaction& tx) { return add_network(tx, "net", "10.1.0.0/28"); }));
  }

  static Result<void> add_network(store::Transaction& tx, const std::string& id, const std::string& subnet) {
    api::Network network;
    network.set_id(id);
    network.mutable_spec()->mutable_annotations()->set_name(id);
    network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet(subnet);
    SKEIN_TRY_ASSIGN(network, tx.view().index<TakenAddresses>().choose_network(network, {}));
    tx.create(network);
    return {};
  }
  static Result<void> add_task(store::Transaction& tx, const std::string& id, const std::string& network = "net") {
    api::Task task;
    task.set_id(id);
    task.set_node_id("n1");
    task.mutable_status()->set_state(api::RUNNING);
    *task.add_networks()->mutable_network() = *tx.view().get<api::Network>(network);
    SKEIN_TRY_ASSIGN(std::string address, tx.view().index<TakenAddresses>().choose_address(network));
    task.mutable_networks(0)->add_addresses(address);
    tx.create(task);
    return {};
  }
  bool change(const std::function<Result<void>(store::Transaction&)>& decide) {
    bool is_done = false;
    auto run = [&]() -> boost::asio::awaitable<void> { is_done = (co_await store_.update(decide)).ok(); };
    boost::asio::co_spawn(io_, run(), boost::asio::detached);
    io_.restart();
    io_.poll();
    return is_done;
  }
  std::string address_of(const std::string& task) const {
    return store_.view().get<api::Task>(task)->networks(0).addresses(0);
  }
  TakenAddresses& index() { return store_.view().index<TakenAddresses>(); }
  // What somebody finds who begins with the objects.
  static uint64_t used_anew(const store::Tables& view, const std::string& network) {
    const store::Tables copy = view;
    return copy.index<TakenAddresses>().usage(network).used;
  }

  boost::asio::io_context io_;
  std::shared_ptr<store::MemoryJournal::Contents> disk_ = std::make_shared<store::MemoryJournal::Contents>();
  store::Store store_{io_.get_executor(), std::make_unique<store::MemoryJournal>(disk_), system_clock()};
};

TEST_F(TakenAddressesTest, a_refused_transaction_leaves_addresses_with_their_holders) {
  ASSERT_TRUE(change([](store::Transaction& tx) { return add_task(tx, "t1"); }));
  const std::string address = address_of("t1");
  EXPECT_FALSE(change([&](store::Transaction& tx) -> Result<void> {
    tx.remove<api::Task>("t1");
    EXPECT_TRUE(tx.view().index<TakenAddresses>().choose_address("net", address).ok());
    return make_error(Code::kPermissionDenied, "no");
  }));
  EXPECT_EQ(index().choose_address("net", address).error().what, "Address already in use");
  EXPECT_TRUE(index().is_used_on("n1", "net"));
}

TEST_F(TakenAddressesTest, what_a_failed_transaction_took_is_free) {
  const uint64_t before = index().usage("net").used;
  disk_->is_failing = true;
  EXPECT_FALSE(change([](store::Transaction& tx) { return add_task(tx, "t1"); }));
  EXPECT_FALSE(change([](store::Transaction& tx) { return add_network(tx, "other", "10.2.0.0/28"); }));
  disk_->is_failing = false;
  EXPECT_EQ(index().usage("net").used, before);
  EXPECT_TRUE(change([](store::Transaction& tx) { return add_network(tx, "another", "10.2.0.0/28"); }));
}

// Peers may still know an address that was just given back.
TEST_F(TakenAddressesTest, an_address_that_was_given_back_is_the_last_to_be_used_again) {
  for (const char* id : {"t1", "t2"}) ASSERT_TRUE(change([&](store::Transaction& tx) { return add_task(tx, id); }));
  const std::string first = address_of("t1");
  ASSERT_TRUE(change([](store::Transaction& tx) { return tx.remove<api::Task>("t1"), Result<void>(); }));
  std::set<std::string> given{address_of("t2")};
  for (uint64_t i = index().usage("net").used; i + 1 < index().usage("net").total; ++i) {
    const std::string id = "x" + std::to_string(i);
    ASSERT_TRUE(change([&](store::Transaction& tx) { return add_task(tx, id); }));
    EXPECT_TRUE(given.insert(address_of(id)).second);
    EXPECT_NE(address_of(id), first);
  }
  ASSERT_TRUE(change([&](store::Transaction& tx) { return add_task(tx, "last"); }));
  EXPECT_EQ(address_of("last"), first);
  EXPECT_FALSE(change([&](store::Transaction& tx) { return add_task(tx, "beyond"); }));
}

TEST_F(TakenAddressesTest, a_removed_network_keeps_its_subnet_until_its_last_task_has_ended) {
  ASSERT_TRUE(change([](store::Transaction& tx) { return add_task(tx, "t1"); }));
  ASSERT_TRUE(change([](store::Transaction& tx) { return tx.remove<api::Network>("net"), Result<void>(); }));
  EXPECT_FALSE(change([](store::Transaction& tx) { return add_network(tx, "next", "10.1.0.0/28"); }));
  auto refused = [](store::Transaction& tx) -> Result<void> {
    tx.remove<api::Task>("t1");
    return make_error(Code::kAborted, "no");
  };
  EXPECT_FALSE(change(refused));
  EXPECT_FALSE(change([](store::Transaction& tx) { return add_network(tx, "next", "10.1.0.0/28"); }))
      << "the refused transaction has not given back what its task still holds";
  ASSERT_TRUE(change([](store::Transaction& tx) { return tx.remove<api::Task>("t1"), Result<void>(); }));
  EXPECT_TRUE(change([](store::Transaction& tx) { return add_network(tx, "next", "10.1.0.0/28"); }));
}

TEST_F(TakenAddressesTest, a_network_whose_removal_was_refused_gives_out_addresses) {
  EXPECT_FALSE(change([](store::Transaction& tx) -> Result<void> {
    tx.remove<api::Network>("net");
    return make_error(Code::kAborted, "no");
  }));
  EXPECT_TRUE(change([](store::Transaction& tx) { return add_task(tx, "t1"); }));
}

// Random transactions, some of which are refused or not stored; after each the index is what the objects make anew.
TEST_F(TakenAddressesTest, it_is_at_every_moment_what_the_objects_say) {
  SeededRandom dice(11);
  int next = 0;
  for (int step = 0; step < 2'000; ++step) {
    disk_->is_failing = dice.below(5) == 0;
    change([&](store::Transaction& tx) -> Result<void> {
      for (uint64_t i = dice.below(4); i-- > 0;) {
        const auto tasks = tx.view().all<api::Task>();
        if (tasks.empty() || dice.below(2) == 0) {
          (void)add_task(tx, "t" + std::to_string(next++));
          continue;
        }
        auto chosen = std::next(tasks.begin(), static_cast<std::ptrdiff_t>(dice.below(tasks.size())))->second;
        if (dice.below(2) == 0) {
          tx.remove<api::Task>(chosen->id());
          continue;
        }
        api::Task changed = *chosen;
        changed.mutable_status()->set_state(api::FAILED_);
        tx.update(changed);
      }
      return dice.below(4) == 0 ? Result<void>(make_error(Code::kAborted, "no")) : Result<void>();
    });
    std::set<std::string> held;
    for (const auto& [id, task] : store_.view().all<api::Task>()) {
      const bool is_new = !model::is_live(*task) || held.insert(task->networks(0).addresses(0)).second;
      EXPECT_TRUE(is_new) << "an address twice, step " << step;
    }
    ASSERT_EQ(index().usage("net").used, held.size() + 1) << step;
    ASSERT_EQ(index().usage("net").used, used_anew(store_.view(), "net")) << step;
    ASSERT_EQ(index().is_used_on("n1", "net"), !held.empty()) << step;
  }
}

TEST(NetworksWithRoom, those_in_which_a_change_gives_back_an_address) {
  auto task = [](std::initializer_list<const char*> networks, api::TaskState state) {
    api::Task out;
    out.mutable_status()->set_state(state);
    for (const char* id : networks) {
      out.add_networks()->mutable_network()->set_id(id);
      out.mutable_networks()->rbegin()->add_addresses("10.0.0.2/24");
    }
    return std::make_shared<const api::Task>(out);
  };
  using Names = std::set<std::string>;
  auto room = [](const store::Ref<api::Task>& before, const store::Ref<api::Task>& after) {
    return networks_with_room_by({store::Kind::kTask, "t", before, after});
  };
  EXPECT_EQ(room(task({"a", "b"}, api::RUNNING), task({"a", "b"}, api::FAILED_)), (Names{"a", "b"}));
  EXPECT_EQ(room(task({"a", "b"}, api::RUNNING), nullptr), (Names{"a", "b"}));
  EXPECT_EQ(room(task({"a"}, api::STARTING), task({"a"}, api::RUNNING)), Names{});
  EXPECT_EQ(room(task({"a"}, api::FAILED_), nullptr), Names{});
  EXPECT_EQ(room(nullptr, task({"a"}, api::RUNNING)), Names{});
}

}  // namespace
}  // namespace skein::control
