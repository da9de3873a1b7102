#include "store/store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>

#include "store/sqlite_journal.h"
#include "store/store_for_test.h"

namespace skein::store {
namespace {

TEST_F(StoreTest, readers_see_only_what_the_journal_accepted) {
  contents->is_failing = true;
  auto refused = run(io, store, [](Transaction& tx) { return tx.create(network("n1", "blue")), Result<void>(); });
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(store.view().get<api::Network>("n1"), nullptr);
  EXPECT_EQ(store.index(), 0u);
  contents->is_failing = false;
  EXPECT_TRUE(run(io, store, [](Transaction& tx) { return tx.create(network("n1", "blue")), Result<void>(); }).ok());
  EXPECT_EQ(store.view().get<api::Network>("n1")->meta().version().index(), 1u);
}

// By its stamps tasks of one place are ordered.
TEST_F(StoreTest, a_writer_whose_clock_is_behind_stamps_after_what_was_stamped) {
  FixedClock behind;
  behind.real = behind.real - std::chrono::hours(24);
  ASSERT_TRUE(run(io, store, [](Transaction& tx) { return tx.create(network("n1", "blue")), Result<void>(); }).ok());
  Store next{io.get_executor(), std::make_unique<MemoryJournal>(contents), behind};
  ASSERT_TRUE(run(io, next.open()).ok());
  ASSERT_TRUE(run(io, next, [](Transaction& tx) { return tx.create(network("n2", "red")), Result<void>(); }).ok());
  auto stamp = [&](const std::string& id) {
    return model::to_wall(next.view().get<api::Network>(id)->meta().created_at());
  };
  EXPECT_GE(stamp("n2"), stamp("n1"));
}

TEST_F(StoreTest, a_refused_transaction_leaves_nothing_behind) {
  ASSERT_TRUE(run(io, store, [](Transaction& tx) { return tx.create(network("n1", "blue")), Result<void>(); }).ok());
  auto refused = run(io, store, [](Transaction& tx) -> Result<void> {
    tx.remove<api::Network>("n1");
    tx.create(network("n2", "red"));
    return make_error(Code::kAborted, "changed my mind");
  });
  EXPECT_FALSE(refused.ok());
  EXPECT_NE(store.view().get<api::Network>("n1"), nullptr);
  EXPECT_EQ(store.view().get<api::Network>("n2"), nullptr);
  EXPECT_EQ(store.view().table<api::Network>().named("red").size(), 0u);
  EXPECT_EQ(contents->objects.size(), 1u);
}

// Two users who read the same object must not overwrite each other's change unseen.
TEST_F(StoreTest, a_stale_write_is_out_of_sequence) {
  ASSERT_TRUE(run(io, store, [](Transaction& tx) { return tx.create(network("n1", "blue")), Result<void>(); }).ok());
  auto rename = [](uint64_t version, const std::string& name) {
    return [=](Transaction& tx) -> Result<void> {
      SKEIN_TRY_ASSIGN(auto found, tx.at_version<api::Network>("n1", version));
      api::Network changed = *found;
      changed.mutable_spec()->mutable_annotations()->set_name(name);
      tx.update(std::move(changed));
      return {};
    };
  };
  EXPECT_TRUE(run(io, store, rename(1, "red")).ok());
  auto stale = run(io, store, rename(1, "green"));
  ASSERT_FALSE(stale.ok());
  EXPECT_EQ(stale.error().what, "update out of sequence");
  EXPECT_EQ(store.view().table<api::Network>().named("blue").size(), 0u);
  EXPECT_EQ(store.view().table<api::Network>().named("red").size(), 1u);
}

TEST_F(StoreTest, watchers_get_one_merged_change_per_object) {
  std::vector<Changes> seen;
  auto watch = store.watch([&](const Changes& changes) { seen.push_back(changes); });
  ASSERT_TRUE(run(io, store, [](Transaction& tx) -> Result<void> {
                tx.create(network("n1", "blue"));
                tx.update(network("n1", "red"));
                tx.create(network("n2", "brief"));
                tx.remove<api::Network>("n2");
                return {};
              }).ok());
  ASSERT_EQ(seen.size(), 1u);
  ASSERT_EQ(seen[0].size(), 1u);
  EXPECT_EQ(seen[0][0].old<api::Network>(), nullptr);
  EXPECT_EQ(model::name_of(*seen[0][0].now<api::Network>()), "red");
  watch.reset();
  ASSERT_TRUE(run(io, store, [](Transaction& tx) { return tx.create(network("n3", "x")), Result<void>(); }).ok());
  EXPECT_EQ(seen.size(), 1u);
}

TEST_F(StoreTest, what_users_type_is_found_as_docker_does) {
  ASSERT_TRUE(run(io, store, [](Transaction& tx) -> Result<void> {
                tx.create(network("abc1", "blue"));
                tx.create(network("abc2", "red"));
                tx.create(network("xyz", "abc1name"));
                return {};
              }).ok());
  const Tables& view = store.view();
  EXPECT_EQ((*view.find<api::Network>("blue"))->id(), "abc1");
  EXPECT_EQ((*view.find<api::Network>("abc2"))->id(), "abc2");
  EXPECT_EQ((*view.find<api::Network>("xy"))->id(), "xyz");
  EXPECT_EQ(view.find<api::Network>("abc").error().what, "network abc is ambiguous (2 matches found)");
  EXPECT_EQ(view.find<api::Network>("nosuch").error().what, "network nosuch not found");
  EXPECT_FALSE(view.find<api::Network>("").ok());
}

TEST_F(StoreTest, tasks_are_found_by_their_node) {
  auto task = [](std::string id, std::string node) {
    api::Task out;
    out.set_id(id);
    out.set_node_id(node);
    return out;
  };
  ASSERT_TRUE(run(io, store, [&](Transaction& tx) {
                return tx.create(task("t1", "a")), tx.create(task("t2", "b")), Result<void>();
              }).ok());
  ASSERT_TRUE(run(io, store, [&](Transaction& tx) { return tx.update(task("t1", "b")), Result<void>(); }).ok());
  EXPECT_EQ(store.view().tasks_on_node("a").size(), 0u);
  EXPECT_EQ(store.view().tasks_on_node("b").size(), 2u);
}

TEST_F(StoreTest, an_index_follows_transactions_and_the_way_back_of_refused_ones) {
  ASSERT_TRUE(run(io, store, [](Transaction& tx) { return tx.create(network("n1", "blue")), Result<void>(); }).ok());
  auto& counts = store.view().index<NameCounts>().counts;
  EXPECT_EQ(counts["blue"], 1) << "it knows what was there before it";
  auto act = [&](Transaction& tx) -> Result<void> {
    tx.update(network("n1", "red"));
    tx.create(network("n2", "red"));
    EXPECT_EQ(counts["red"], 2) << "a transaction sees its own changes";
    return make_error(Code::kAborted, "changed my mind");
  };
  EXPECT_FALSE(run(io, store, act).ok());
  EXPECT_EQ(counts["red"], 0);
  EXPECT_EQ(counts["blue"], 1);
  contents->is_failing = true;
  EXPECT_FALSE(run(io, store, [](Transaction& tx) { return tx.remove<api::Network>("n1"), Result<void>(); }).ok());
  EXPECT_EQ(counts["blue"], 1) << "the journal refused";
  contents->is_failing = false;
  EXPECT_TRUE(run(io, store, [](Transaction& tx) { return tx.remove<api::Network>("n1"), Result<void>(); }).ok());
  EXPECT_EQ(counts["blue"], 0);
}

// Transactions that suspend in the journal must not interleave.
TEST_F(StoreTest, transactions_run_one_after_another) {
  std::vector<uint64_t> indices;
  for (int i = 0; i < 20; ++i)
    asio::co_spawn(io, store.update([&, i](Transaction& tx) -> Result<void> {
      EXPECT_EQ(tx.view().all<api::Network>().size(), size_t(i));
      tx.create(network("n" + std::to_string(i), "x"));
      return {};
    }),
                   [&](const std::exception_ptr&, const Result<void>& result) {
                     EXPECT_TRUE(result.ok());
                     indices.push_back(store.index());
                   });
  io.run();
  EXPECT_EQ(indices.size(), 20u);
  EXPECT_EQ(store.index(), 20u);
}

// A daemon that ends drops its context, and then destroys what its coroutines use.
TEST_F(StoreTest, transactions_that_wait_for_their_turn_go_with_their_context) {
  struct DroppableContext : asio::io_context {
    void drop_all() { shutdown(); }
  };
  struct SlowJournal final : Journal {
    explicit SlowJournal(asio::io_context& io) : io(io) {}
    asio::awaitable<Result<Position>> load(Take) override { co_return Position(); }
    asio::awaitable<Result<void>> append(Batch, Position) override {
      for (;;) co_await asio::post(io, asio::use_awaitable);
    }
    std::unique_ptr<BatchStream> follow(uint64_t) override { return nullptr; }
    asio::io_context& io;
  };
  DroppableContext io;
  int held = 0;
  struct Held {
    explicit Held(int& count) : count(count) { ++count; }
    ~Held() { --count; }
    int& count;
  };
  Store store(io.get_executor(), std::make_unique<SlowJournal>(io), fixed_clock);
  auto work = [&](std::string id) -> asio::awaitable<void> {
    Held guard(held);
    auto done = co_await store.update([&](Transaction& tx) -> Result<void> {
      tx.create(network(id, "x"));
      return {};
    });
  };
  for (const char* id : {"n1", "n2", "n3"}) asio::co_spawn(io, work(id), asio::detached);
  for (int i = 0; i < 20; ++i) io.poll_one();
  EXPECT_EQ(held, 3);
  io.stop();
  io.drop_all();
  EXPECT_EQ(held, 0);
}

// ---- two managers at one journal

TEST_F(StoreTest, a_store_whose_manager_was_overtaken_changes_nothing_any_more) {
  ASSERT_TRUE(run(io, store, [](Transaction& tx) { return tx.create(network("n1", "blue")), Result<void>(); }).ok());
  Store other(io.get_executor(), std::make_unique<MemoryJournal>(contents), fixed_clock);
  ASSERT_TRUE(run(io, other.open()).ok());
  ASSERT_TRUE(run(io, other, [](Transaction& tx) { return tx.create(network("n2", "red")), Result<void>(); }).ok());

  auto& counts = store.view().index<NameCounts>().counts;
  bool was_told = false;
  auto watch = store.watch([&](const Changes&) { was_told = true; });
  for (int time = 0; time < 2; ++time) {
    auto refused = run(io, store, [](Transaction& tx) { return tx.create(network("n3", "green")), Result<void>(); });
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::kAborted);
    EXPECT_EQ(refused.error().what, "another manager writes to the swarm's store");
  }
  EXPECT_EQ(counts["green"], 0) << "it gave back what it took";
  EXPECT_FALSE(was_told);
  EXPECT_EQ(store.view().all<api::Network>().size(), 1u);
  EXPECT_EQ(contents->objects.size(), 2u);
  EXPECT_TRUE(run(io, other, [](Transaction& tx) { return tx.create(network("n4", "red")), Result<void>(); }).ok());
}

TEST_F(StoreTest, whoever_opens_a_store_begins_a_new_epoch) {
  for (uint64_t life = 1; life <= 3; ++life) {
    Store next(io.get_executor(), std::make_unique<MemoryJournal>(contents), fixed_clock);
    ASSERT_TRUE(run(io, next.open()).ok());
    EXPECT_EQ(contents->at.epoch, life - 1) << "opening alone writes nothing";
    ASSERT_TRUE(run(io, next, [&](Transaction& tx) {
                  return tx.create(network(std::to_string(life), "x")), Result<void>();
                }).ok());
    EXPECT_EQ(contents->at.epoch, life);
  }
}

TEST_F(StoreTest, sqlite_brings_everything_back) {
  std::string path = directory + "/swarm.db";
  {
    Store first(io.get_executor(), std::move(*SqliteJournal::open(path)), fixed_clock);
    ASSERT_TRUE(run(io, first.open()).ok());
    ASSERT_TRUE(run(io, first, [](Transaction& tx) {
                  return tx.create(network("n1", "blue")), tx.create(network("n2", "red")), Result<void>();
                }).ok());
    ASSERT_TRUE(run(io, first, [](Transaction& tx) { return tx.remove<api::Network>("n2"), Result<void>(); }).ok());
    EXPECT_FALSE(SqliteJournal::open(path).ok()) << "a second daemon must not share the file";
  }
  Store second(io.get_executor(), std::move(*SqliteJournal::open(path)), fixed_clock);
  ASSERT_TRUE(run(io, second.open()).ok());
  EXPECT_EQ(second.index(), 2u);
  EXPECT_EQ(second.view().all<api::Network>().size(), 1u);
  EXPECT_EQ(second.view().get<api::Network>("n1")->meta().version().index(), 1u);
}

// A user whose `network create` was answered must find the network after any crash.
TEST_F(StoreTest, acknowledged_writes_survive_kill_9) {
  std::string path = directory + "/swarm.db";
  int acks[2];
  ASSERT_EQ(pipe(acks), 0);
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    asio::io_context own_io;
    Store writer(own_io.get_executor(), std::move(*SqliteJournal::open(path)), fixed_clock);
    for (uint8_t i = 0;; ++i) {
      if (!run(own_io, writer, [&](Transaction& tx) {
             return tx.create(network("n" + std::to_string(i), "x")), Result<void>();
           }).ok())
        _exit(1);
      if (write(acks[1], &i, 1) != 1 || i == 200) pause();
    }
  }
  uint8_t acknowledged = 0;
  for (int i = 0; i < 50; ++i) ASSERT_EQ(read(acks[0], &acknowledged, 1), 1);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(acks[1]);
  while (read(acks[0], &acknowledged, 1) == 1) {
  }
  close(acks[0]);
  Store reader(io.get_executor(), std::move(*SqliteJournal::open(path)), fixed_clock);
  ASSERT_TRUE(run(io, reader.open()).ok());
  for (int i = 0; i <= acknowledged; ++i)
    EXPECT_NE(reader.view().get<api::Network>("n" + std::to_string(i)), nullptr) << i;
}

}  // namespace
}  // namespace skein::store
