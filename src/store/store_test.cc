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
#include <optional>

#include "store/memory_journal.h"
#include "store/sqlite_journal.h"

namespace skein::store {
namespace {

namespace asio = boost::asio;

class FixedClock final : public Clock {
 public:
  WallTime real{1'700'000'000'000'000'000};
  TimePoint now() const override { return {1}; }
  WallTime wall() const override { return real; }
};

FixedClock fixed_clock;

Result<void> run(asio::io_context& io, asio::awaitable<Result<void>> work) {
  std::optional<Result<void>> out;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr, Result<void> result) { out = std::move(result); });
  io.restart();
  io.run();
  SKEIN_ASSERT(out.has_value());
  return *out;
}

Result<void> run(asio::io_context& io, Store& store, std::function<Result<void>(Transaction&)> decide) {
  return run(io, store.update(std::move(decide)));
}

api::Network network(const std::string& id, const std::string& name) {
  api::Network out;
  out.set_id(id);
  out.mutable_spec()->mutable_annotations()->set_name(name);
  return out;
}

struct StoreTest : testing::Test {
  asio::io_context io;
  std::shared_ptr<MemoryJournal::Contents> contents = std::make_shared<MemoryJournal::Contents>();
  Store store{io.get_executor(), std::make_unique<MemoryJournal>(contents), fixed_clock};
  std::string directory = testing::TempDir() + "/skein-store-" + std::to_string(getpid());
  void SetUp() override { std::filesystem::create_directories(directory); }
  void TearDown() override { std::filesystem::remove_all(directory); }
};

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
  auto rename = [](uint64_t version, std::string name) {
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

// How many networks of each name there are.
class NameCounts final : public Index {
 public:
  void apply(const Change& change) override {
    if (auto old = change.old<api::Network>()) --counts[model::name_of(*old)];
    if (auto now = change.now<api::Network>()) ++counts[model::name_of(*now)];
  }
  std::map<std::string, int> counts;
};

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
                   [&](std::exception_ptr, Result<void> result) {
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

// ---- transactions that are longer than a batch

Result<void> create_many(Transaction& tx, int count, bool may_be_cut) {
  for (int i = 0; i < count; ++i) {
    tx.create(network("n" + std::to_string(1000 + i), "x"));
    if (may_be_cut) tx.allow_cut();
  }
  return {};
}

TEST_F(StoreTest, a_transaction_that_is_too_large_for_a_batch_is_refused_whole) {
  auto& counts = store.view().index<NameCounts>().counts;
  auto refused = run(io, store, [](Transaction& tx) { return create_many(tx, 129, false); });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().text(),
            "the change is too large to be stored: it concerns 129 objects, and at most 128 can be changed at once");
  EXPECT_EQ(store.view().all<api::Network>().size(), 0u);
  EXPECT_EQ(counts["x"], 0);
  EXPECT_TRUE(run(io, store, [](Transaction& tx) { return create_many(tx, 128, false); }).ok());
}

TEST_F(StoreTest, a_transaction_is_stored_in_bounded_batches_where_it_may_be_cut) {
  size_t changes = 0, batches = 0;
  auto watch = store.watch([&](const Changes& some) {
    EXPECT_LE(some.size(), kBatchRecordsMax);
    changes += some.size();
    ++batches;
    for (const auto& change : some)
      EXPECT_EQ(change.now<api::Network>()->meta().version().index(), store.index()) << "its version is its batch's";
  });
  EXPECT_TRUE(run(io, store, [](Transaction& tx) { return create_many(tx, 1'000, true); }).ok());
  EXPECT_EQ(changes, 1'000u);
  EXPECT_GE(batches, 1'000 / kBatchRecordsMax);
  EXPECT_EQ(contents->objects.size(), 1'000u);
  EXPECT_EQ(contents->at.index, store.index());
}

TEST_F(StoreTest, large_objects_make_batches_of_few) {
  auto large = [](Transaction& tx) -> Result<void> {
    for (int i = 0; i < 10; ++i) {
      tx.create(network("n" + std::to_string(i), std::string(400'000, 'x')));
      tx.allow_cut();
    }
    return {};
  };
  EXPECT_TRUE(run(io, store, large).ok());
  EXPECT_EQ(contents->objects.size(), 10u);
}

// Otherwise a user's write that is based on the first would pass over the second.
TEST_F(StoreTest, what_changes_again_after_a_cut_gets_another_version) {
  std::vector<uint64_t> versions;
  auto watch = store.watch([&](const Changes& some) {
    for (const auto& change : some)
      if (change.id == "n") versions.push_back(change.now<api::Network>()->meta().version().index());
  });
  auto twice = [](Transaction& tx) -> Result<void> {
    tx.create(network("n", "blue"));
    SKEIN_TRY(create_many(tx, 200, true));
    tx.update(network("n", "red"));
    return {};
  };
  EXPECT_TRUE(run(io, store, twice).ok());
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_LT(versions[0], versions[1]);
}

// The first batches are there, for readers as on disk; the rest is as if nobody had asked.
TEST_F(StoreTest, a_journal_that_fails_in_the_middle_leaves_whole_batches) {
  auto& counts = store.view().index<NameCounts>().counts;
  auto watch = store.watch([&](const Changes&) { contents->is_failing = true; });
  EXPECT_FALSE(run(io, store, [](Transaction& tx) { return create_many(tx, 200, true); }).ok());
  EXPECT_GT(contents->objects.size(), 0u);
  EXPECT_LT(contents->objects.size(), 200u);
  EXPECT_EQ(store.view().all<api::Network>().size(), contents->objects.size());
  EXPECT_EQ(counts["x"], int(contents->objects.size()));
  EXPECT_EQ(store.index(), contents->at.index);
  contents->is_failing = false;
  watch.reset();
  EXPECT_TRUE(run(io, store, [](Transaction& tx) { return tx.create(network("more", "x")), Result<void>(); }).ok());
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
