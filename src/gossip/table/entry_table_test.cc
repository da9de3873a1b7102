// Two hosts that saw the same events in different order must see the same entries.
#include "gossip/table/entry_table.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"

namespace skein::gossip {
namespace {

const EntryTable::Key kKey{"t", "k"};

TEST(EntryTable, a_reader_sees_create_update_and_delete_with_the_value_before) {
  EntryTable table;
  auto created = table.apply(kKey, {"a", 1, "one"}, "self");
  ASSERT_TRUE(created.change);
  EXPECT_EQ(created.change->kind, EntryChange::kCreate);
  auto updated = table.apply(kKey, {"a", 2, "two"}, "self");
  EXPECT_EQ(updated.change->kind, EntryChange::kUpdate);
  EXPECT_EQ(updated.change->previous, "one");
  auto deleted = table.apply(kKey, {"a", 3, "two", true}, "self");
  EXPECT_EQ(deleted.change->kind, EntryChange::kDelete);
  EXPECT_EQ(deleted.change->previous, "two");
}

TEST(EntryTable, the_same_value_again_is_passed_on_but_is_no_change) {
  EntryTable table;
  table.apply(kKey, {"a", 1, "one"}, "self");
  auto again = table.apply(kKey, {"a", 2, "one"}, "self");
  EXPECT_TRUE(again.is_news);
  EXPECT_FALSE(again.change);
  auto old = table.apply(kKey, {"a", 2, "other"}, "self");
  EXPECT_FALSE(old.is_news);
}

TEST(EntryTable, the_order_of_events_does_not_matter) {
  SeededRandom random(5);
  for (int round = 0; round < 50; ++round) {
    std::vector<StoredEntry> events;
    for (LamportTime time = 1; time <= 6; ++time)
      events.push_back({time % 2 ? "a" : "b", time, "v" + std::to_string(time), random.below(3) == 0});
    EntryTable forward, shuffled;
    for (const auto& event : events) forward.apply(kKey, event, "self");
    for (size_t i = 0; i < events.size(); ++i) std::swap(events[i], events[i + random.below(events.size() - i)]);
    for (const auto& event : events) shuffled.apply(kKey, event, "self");
    EXPECT_EQ(forward.find(kKey)->value, shuffled.find(kKey)->value);
    EXPECT_EQ(forward.find(kKey)->is_deleted, shuffled.find(kKey)->is_deleted);
  }
}

TEST(EntryTable, a_gone_owner_takes_its_live_entries_and_leaves_its_tombstones) {
  EntryTable table;
  table.apply({"t", "live"}, {"a", 1, "v"}, "self");
  table.apply({"t", "dead"}, {"a", 2, "v", true}, "self");
  table.apply({"t", "other"}, {"b", 3, "v"}, "self");
  EXPECT_EQ(table.drop_owner("a").size(), 1u);
  EXPECT_EQ(table.find({"t", "live"}), nullptr);
  EXPECT_NE(table.find({"t", "dead"}), nullptr);
  EXPECT_NE(table.find({"t", "other"}), nullptr);
  EXPECT_TRUE(table.apply({"t", "live"}, {"a", 1, "v"}, "self").is_news) << "it returned with the same entry";
}

TEST(EntryTable, tombstones_go_when_their_time_is_over) {
  EntryTable table;
  table.apply(kKey, {"a", 1, "v", true, TimePoint{100}}, "self");
  table.reap(TimePoint{99});
  EXPECT_NE(table.find(kKey), nullptr);
  table.reap(TimePoint{100});
  EXPECT_EQ(table.find(kKey), nullptr);
}

TEST(EntryTable, each_tombstone_goes_in_its_own_time) {
  EntryTable table;
  auto bury = [&](const char* key, int64_t at) { table.apply({"t", key}, {"a", 1, "v", true, TimePoint{at}}, "self"); };
  bury("late", 300);
  bury("early", 100);
  EXPECT_EQ(table.reap(TimePoint{100}), 1u);
  EXPECT_EQ(table.find({"t", "early"}), nullptr);
  bury("between", 200);
  EXPECT_EQ(table.reap(TimePoint{200}), 1u);
  EXPECT_EQ(table.reap(TimePoint{299}), 0u);
  EXPECT_EQ(table.reap(TimePoint{300}), 1u);
}

TEST(EntryTable, tables_of_equal_live_entries_have_equal_digests) {
  SeededRandom random(6);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::pair<EntryTable::Key, StoredEntry>> events;
    for (LamportTime time = 1; time <= 40; ++time)
      events.push_back(
          {{"t", std::to_string(random.below(8))}, {random.below(2) ? "a" : "b", time, "v", random.below(3) == 0}});
    EntryTable forward, shuffled;
    for (const auto& [key, event] : events) forward.apply(key, event, "self");
    for (size_t i = 0; i < events.size(); ++i) std::swap(events[i], events[i + random.below(events.size() - i)]);
    for (const auto& [key, event] : events) shuffled.apply(key, event, "self");
    EXPECT_EQ(forward.digest(), shuffled.digest());
    forward.drop_owner("a"), shuffled.drop_owner("a");
    EXPECT_EQ(forward.digest(), shuffled.digest());
    EXPECT_EQ(forward.digest() == 0, forward.owners().empty());
    forward.clear();
    EXPECT_EQ(forward.digest(), 0u);
  }
}

TEST(EntryTable, each_difference_of_live_entries_changes_the_digest) {
  auto digest_of = [](const EntryTable::Key& key, const StoredEntry& entry) {
    EntryTable table;
    table.apply(key, entry, "self");
    return table.digest();
  };
  std::set<uint64_t> digests{digest_of(kKey, {"a", 1, "v"}), digest_of(kKey, {"a", 2, "v"}),
                             digest_of(kKey, {"b", 1, "v"}), digest_of({"t", "l"}, {"a", 1, "v"}),
                             digest_of({"tk", ""}, {"a", 1, "v"})};
  EXPECT_EQ(digests.size(), 5u);
  EXPECT_EQ(digest_of(kKey, {"a", 1, "v", true}), 0u) << "a tombstone is nothing that another lacks";
}

}  // namespace
}  // namespace skein::gossip
