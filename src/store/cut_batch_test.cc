// Transactions that are longer than a batch of the journal.
#include "store/store_for_test.h"

namespace skein::store {
namespace {

using CutBatchTest = StoreTest;

Result<void> create_many(Transaction& tx, int count, bool may_be_cut) {
  for (int i = 0; i < count; ++i) {
    tx.create(network("n" + std::to_string(1000 + i), "x"));
    if (may_be_cut) tx.allow_cut();
  }
  return {};
}

TEST_F(CutBatchTest, a_transaction_that_is_too_large_for_a_batch_is_refused_whole) {
  auto& counts = store.view().index<NameCounts>().counts;
  auto refused = run(io, store, [](Transaction& tx) { return create_many(tx, 129, false); });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().text(),
            "the change is too large to be stored: it concerns 129 objects, and at most 128 can be changed at once");
  EXPECT_EQ(store.view().all<api::Network>().size(), 0u);
  EXPECT_EQ(counts["x"], 0);
  EXPECT_TRUE(run(io, store, [](Transaction& tx) { return create_many(tx, 128, false); }).ok());
}

TEST_F(CutBatchTest, a_transaction_is_stored_in_bounded_batches_where_it_may_be_cut) {
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

TEST_F(CutBatchTest, large_objects_make_batches_of_few) {
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
TEST_F(CutBatchTest, what_changes_again_after_a_cut_gets_another_version) {
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
TEST_F(CutBatchTest, a_journal_that_fails_in_the_middle_leaves_whole_batches) {
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

}  // namespace
}  // namespace skein::store
