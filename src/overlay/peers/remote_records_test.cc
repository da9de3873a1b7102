#include "overlay/peers/remote_records.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace skein::overlay {
namespace {

using namespace std::chrono_literals;

const Ipv4 kHost = *Ipv4::parse("192.168.1.12");
const TimePoint kStart{1'000'000'000};

RemoteRecord record(const std::string& key, const std::string& owner, const std::string& address = "10.0.1.5") {
  return {"net", key, owner, kHost, *Ipv4::parse(address), "peer-" + key, "names-" + key};
}

RemoteRecords::Snapshot snapshot(std::vector<RemoteRecord> records, bool is_host_alive = true,
                                 TimePoint heard_at = TimePoint::never()) {
  RemoteRecords::Snapshot out;
  out.records = std::move(records);
  out.networks = {"net"};
  if (is_host_alive) out.live_hosts = {{kHost, heard_at}};
  return out;
}

struct RemoteRecordsTest : testing::Test {
  RemoteRecords records{kStart - 1h};
  TimePoint now = kStart;
  size_t count() const { return records.of_network("net").size(); }
};

// A manager that is locked after its restart hears nothing, for hours if need be.
TEST_F(RemoteRecordsTest, the_patience_of_a_start_begins_with_hearing) {
  RemoteRecords before(kStart);
  before.update(snapshot({record("k1", "a")}), kStart);
  records = RemoteRecords(kStart);
  ASSERT_TRUE(records.load(before.text()).ok());
  now = kStart + 5h;
  records.begin_hearing(now);
  EXPECT_EQ(records.next_deadline(), now + 30s);
  records.update(snapshot({}, false), now + 29s);
  ASSERT_EQ(count(), 1u);
  EXPECT_FALSE(records.of_network("net")[0].is_silent) << "the others have their time to tell";
  records.update(snapshot({}, false), now + 31s);
  ASSERT_EQ(count(), 1u);
  EXPECT_TRUE(records.of_network("net")[0].is_silent);
}

// A name that still resolves after its container is gone sends clients into the void.
TEST_F(RemoteRecordsTest, what_an_owner_deletes_is_gone_at_once) {
  records.update(snapshot({record("k1", "a")}), now);
  EXPECT_EQ(count(), 1u);
  auto after = snapshot({});
  after.deleted = {{"net", "k1"}};
  records.update(after, now);
  EXPECT_EQ(count(), 0u);
}

TEST_F(RemoteRecordsTest, who_leaves_a_network_has_nothing_on_it) {
  records.update(snapshot({record("k1", "a"), record("k2", "b", "10.0.1.6")}), now);
  auto after = snapshot({});
  after.leavers = {{"net", "b"}};
  records.update(after, now);
  auto left = records.of_network("net");
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].key, "k1");
}

// The way and the names of an endpoint come by entries of their own, in whatever order packets arrive.
struct NamesTest : RemoteRecordsTest {
  NamesTest() {
    RemoteRecords before(kStart - 1h);
    before.update(snapshot({record("k1", "a")}), kStart - 1h);
    records = RemoteRecords(kStart);  // another life of this daemon
    SKEIN_ASSERT(records.load(before.text()).ok());
  }
  static RemoteRecord nameless(const std::string& key, const std::string& owner) {
    RemoteRecord out = record(key, owner);
    out.names.clear();
    return out;
  }
  std::string names() const { return count() == 1 ? records.of_network("net").at(0).names : "not one record"; }
};

TEST_F(NamesTest, an_endpoint_of_which_only_the_way_is_told_keeps_its_names) {
  records.update(snapshot({nameless("k1", "a")}), now);
  EXPECT_EQ(names(), "names-k1");
  EXPECT_TRUE(records.is_unsettled());
  records.update(snapshot({nameless("k1", "a")}), now + 14s);
  EXPECT_EQ(names(), "names-k1");
  EXPECT_EQ(records.next_deadline(), now + 15s);
  records.update(snapshot({record("k1", "a")}), now + 14s);
  EXPECT_FALSE(records.is_unsettled());
  records.update(snapshot({nameless("k1", "a")}), now + 14s);
  EXPECT_EQ(names(), "") << "they were told, and are not any more";
}

TEST_F(NamesTest, also_when_its_host_tells_it_under_another_name) {
  records.update(snapshot({nameless("k2", "b")}), now);
  EXPECT_EQ(names(), "names-k1");
  EXPECT_EQ(records.of_network("net").at(0).key, "k2");
  records.update(snapshot({record("k2", "b")}), now + 1s);
  EXPECT_EQ(names(), "names-k2");
  EXPECT_FALSE(records.is_unsettled());
}

TEST_F(NamesTest, also_when_its_earlier_name_ends_at_the_same_moment) {
  records.update(snapshot({record("k1", "a")}), now);
  records.update(snapshot({nameless("k2", "b")}), now + 1s);
  EXPECT_EQ(names(), "names-k1");
  EXPECT_EQ(records.of_network("net").at(0).key, "k2");
}

TEST_F(NamesTest, names_are_waited_for_as_long_as_for_endpoints) {
  records.update(snapshot({nameless("k2", "b")}), now);
  auto nothing_new = snapshot({});
  nothing_new.no_longer_told.emplace();
  records.update(nothing_new, now + 14s);
  EXPECT_EQ(names(), "names-k1");
  records.take_touched();
  records.update(nothing_new, now + 15s);
  EXPECT_EQ(names(), "");
  EXPECT_FALSE(records.take_touched().empty());
  EXPECT_FALSE(records.is_unsettled());
}

TEST_F(NamesTest, names_that_were_taken_back_go_at_once) {
  auto taken_back = snapshot({nameless("k1", "a")});
  records.update(taken_back, now);
  taken_back.names_taken_back = {{"net", "k1"}};
  records.update(taken_back, now);
  EXPECT_EQ(names(), "");
}

TEST_F(NamesTest, a_host_that_has_told_all_has_no_other_names) {
  auto told = snapshot({nameless("k2", "b")});
  records.update(told, now);
  EXPECT_EQ(names(), "names-k1");
  told.succeeded = {{"net", "a"}};
  records.update(told, now);
  EXPECT_EQ(names(), "");
}

TEST_F(NamesTest, an_address_that_is_on_another_host_now_inherits_nothing) {
  RemoteRecord moved = nameless("k2", "b");
  moved.host = *Ipv4::parse("192.168.1.13");
  records.update(snapshot({moved}), now);
  EXPECT_EQ(names(), "");
}

// What it told under a later name, or on another network, is not meant.
TEST_F(RemoteRecordsTest, what_a_host_has_not_told_when_it_has_told_all_is_gone) {
  records.update(snapshot({record("k1", "a"), record("k2", "b", "10.0.1.6")}), now);
  auto after = snapshot({});
  after.succeeded = {{"net", "a"}, {"other", "b"}};
  records.update(after, now);
  auto left = records.of_network("net");
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].key, "k2");
  after.records = {record("k1", "a")};
  records.update(after, now);
  EXPECT_EQ(count(), 2u) << "it is told";
}

// A daemon that was killed twice is known under three names, and for a while gossip may take the wrong one for valid.
TEST_F(RemoteRecordsTest, what_vanishes_and_is_told_again_was_there_all_the_time) {
  records.update(snapshot({record("k1", "a")}), now);
  records.update(snapshot({}), now + 1s);
  records.update(snapshot({}), now + 14s);
  EXPECT_EQ(count(), 1u);
  records.update(snapshot({record("k1", "a")}), now + 15s);
  records.update(snapshot({}), now + 60s);
  EXPECT_EQ(count(), 1u) << "it has been told since, so the patience begins anew";
}

TEST_F(RemoteRecordsTest, a_host_that_restarts_its_daemon_keeps_its_endpoints) {
  records.update(snapshot({record("k1", "a")}), now);
  records.update(snapshot({}), now);  // the same host under a new name
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(records.next_deadline(), now + 15s);
  records.update(snapshot({record("k2", "b")}), now + 1s);
  auto left = records.of_network("net");
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].key, "k2");
  EXPECT_EQ(records.next_deadline(), TimePoint::never());
}

TEST_F(RemoteRecordsTest, what_a_returned_host_does_not_tell_again_is_dropped) {
  records.update(snapshot({record("k1", "a")}), now);
  records.update(snapshot({}), now);
  records.update(snapshot({}), now + 14s);
  EXPECT_EQ(count(), 1u) << "asking again does not prolong the patience, nor end it";
  records.update(snapshot({}), now + 15s);
  EXPECT_EQ(count(), 0u);
}

// Its last daemon died, and gossip still takes an older one of its names for a living one.
TEST_F(RemoteRecordsTest, a_host_that_is_only_held_for_up_and_not_heard_of_is_silent) {
  records.update(snapshot({record("k1", "a")}), now);
  for (Duration later : {0s, 14s}) records.update(snapshot({}, true, now + 9s), now + later);
  EXPECT_FALSE(records.of_network("net").at(0).is_silent);
  records.update(snapshot({}, true, now + 9s), now + 15s);
  ASSERT_EQ(count(), 1u);
  EXPECT_TRUE(records.of_network("net")[0].is_silent);
  EXPECT_EQ(records.next_deadline(), TimePoint::never());
  records.update(snapshot({}, false), now + 40s);
  EXPECT_EQ(records.next_deadline(), now + 40s + 1h);
}

TEST_F(RemoteRecordsTest, a_host_that_was_not_heard_of_has_its_time_to_tell_when_it_is) {
  records.update(snapshot({record("k1", "a")}), now);
  for (Duration later : {0s, 15s}) records.update(snapshot({}, true, now + 9s), now + later);
  records.update(snapshot({}, true, now + 40s), now + 40s);
  records.update(snapshot({}, true, now + 54s), now + 54s);
  EXPECT_EQ(count(), 1u);
  records.update(snapshot({}, true, now + 54s), now + 55s);
  EXPECT_EQ(count(), 0u);
}

// Whether a host is dead or only its daemon cannot be told from here. Connections to its containers go on; names are
// not given out for what may be gone.
TEST_F(RemoteRecordsTest, a_silent_host_keeps_its_places_but_not_its_names) {
  records.update(snapshot({record("k1", "a")}), now);
  records.update(snapshot({}, false), now);
  ASSERT_EQ(count(), 1u);
  EXPECT_EQ(records.of_network("net")[0].peer, "peer-k1");
  EXPECT_TRUE(records.of_network("net")[0].is_silent);
  records.update(snapshot({}, false), now + 59min);
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(records.next_deadline(), now + 1h);
  records.update(snapshot({}, false), now + 1h);
  EXPECT_EQ(count(), 0u);
}

TEST_F(RemoteRecordsTest, what_a_dead_host_had_is_gone_unless_it_tells_of_it) {
  records.update(snapshot({record("k1", "a"), record("k2", "a", "10.0.1.6")}), now);
  EXPECT_TRUE(records.silent_hosts().empty());
  records.update(snapshot({}, false), now);
  EXPECT_EQ(records.silent_hosts(), std::set{kHost});
  auto dead = snapshot({record("k3", "b")}, false);
  dead.dead_hosts = {kHost};
  records.update(dead, now + 2min);
  ASSERT_EQ(count(), 1u);
  EXPECT_EQ(records.of_network("net")[0].key, "k3");
  EXPECT_TRUE(records.silent_hosts().empty());
}

TEST_F(RemoteRecordsTest, a_silent_host_that_returns_tells_what_it_still_has) {
  records.update(snapshot({record("k1", "a"), record("k2", "a", "10.0.1.6")}), now);
  records.update(snapshot({}, false), now);
  records.update(snapshot({}), now + 30min);
  EXPECT_EQ(count(), 2u);
  records.update(snapshot({record("k3", "b")}), now + 30min + 1s);
  EXPECT_EQ(count(), 2u) << "one told under a new key, one not told yet";
  records.update(snapshot({record("k3", "b")}), now + 30min + 15s);
  ASSERT_EQ(count(), 1u);
  EXPECT_EQ(records.of_network("net")[0].names, "names-k3");
}

TEST_F(RemoteRecordsTest, who_was_silent_is_so_after_our_own_start_until_it_tells) {
  records.update(snapshot({record("k1", "a")}), now);
  records.update(snapshot({}, false), now);
  RemoteRecords later(kStart);
  ASSERT_TRUE(later.load(records.text()).ok());
  later.update(snapshot({}), kStart + 1s);
  EXPECT_TRUE(later.of_network("net").at(0).is_silent);
  later.update(snapshot({record("k1", "a")}), kStart + 2s);
  EXPECT_FALSE(later.of_network("net").at(0).is_silent);
}

// The manager gave its address to another container meanwhile.
TEST_F(RemoteRecordsTest, an_address_that_somebody_tells_of_is_no_more_the_silent_hosts) {
  records.update(snapshot({record("k1", "a")}), now);
  records.update(snapshot({}, false), now);
  RemoteRecord other = record("k9", "c");
  other.host = *Ipv4::parse("192.168.1.13");
  records.update(snapshot({other}, false), now + 1s);
  ASSERT_EQ(count(), 1u);
  EXPECT_EQ(records.of_network("net")[0].host, other.host);
}

TEST_F(RemoteRecordsTest, after_our_own_start_all_is_believed_until_the_hosts_had_time_to_tell) {
  records.update(snapshot({record("k1", "a"), record("k2", "a", "10.0.1.6")}), now);
  std::string text = records.text();

  RemoteRecords later(kStart);
  ASSERT_TRUE(later.load(text).ok());
  later.update(snapshot({}, false), kStart + 1s);
  EXPECT_EQ(later.of_network("net"), records.of_network("net"));
  // Its owner is met again, has not told anything yet, then tells of one only.
  later.update(snapshot({}), kStart + 2s);
  EXPECT_EQ(later.of_network("net").size(), 2u);
  later.update(snapshot({record("k1", "a")}), kStart + 3s);
  EXPECT_EQ(later.of_network("net").size(), 2u);
  later.update(snapshot({record("k1", "a")}), kStart + 17s);
  EXPECT_EQ(later.of_network("net").size(), 1u);
  later.update(snapshot({}, false), kStart + 18s);
  EXPECT_TRUE(later.of_network("net").at(0).is_silent)
      << "told in this life, so the silence of its host counts at once";

  RemoteRecords alone(kStart);
  ASSERT_TRUE(alone.load(text).ok());
  alone.update(snapshot({}, false), kStart + 29s);
  EXPECT_FALSE(alone.of_network("net").at(1).is_silent);
  alone.update(snapshot({}, false), kStart + 30s);
  EXPECT_TRUE(alone.of_network("net").at(1).is_silent);
  EXPECT_EQ(alone.next_deadline(), kStart + 30s + 1h);
}

TEST_F(RemoteRecordsTest, networks_that_were_left_are_forgotten) {
  records.update(snapshot({record("k1", "a")}), now);
  auto left = snapshot({record("k1", "a")});
  left.networks.clear();
  records.update(left, now);
  EXPECT_EQ(count(), 0u);
}

TEST_F(RemoteRecordsTest, a_damaged_file_is_refused) {
  for (const char* bad : {"x\n", "{}\n", "[1]\n", "{\"network\":\"n\"}\n", "{\"gone\":true}\n"})
    EXPECT_FALSE(records.load(bad).ok()) << bad;
}

TEST_F(RemoteRecordsTest, the_disk_is_told_of_what_has_changed_and_has_it_all) {
  records.update(snapshot({record("k1", "a"), record("k2", "a", "10.0.1.6"), record("k3", "a", "10.0.1.7")}), now);
  std::string disk = records.text();
  EXPECT_EQ(records.take_changes(), "");
  auto after = snapshot({record("k2", "a", "10.0.1.66")});
  after.no_longer_told.emplace().insert({"net", "k3"});
  after.deleted = {{"net", "k3"}};
  records.update(after, now + 1s);
  const std::string changes = records.take_changes();
  EXPECT_EQ(std::ranges::count(changes, '\n'), 2);
  EXPECT_EQ(changes.find("k1"), std::string::npos);
  disk += changes + "{\"network\":\"net\",\"key\":\"k";  // the daemon dies

  RemoteRecords later(kStart);
  ASSERT_TRUE(later.load(disk).ok());
  EXPECT_EQ(later.of_network("net"), records.of_network("net"));
  EXPECT_EQ(later.take_changes(), "");
}

TEST_F(RemoteRecordsTest, what_has_changed_is_enough_to_be_told) {
  records.update(snapshot({record("k1", "a"), record("k2", "a", "10.0.1.6")}), now);
  records.take_touched();
  auto changed = snapshot({record("k1", "a", "10.0.1.7")});
  changed.no_longer_told.emplace();
  records.update(changed, now);
  EXPECT_EQ(count(), 2u) << "the other was not spoken of, and is told as before";
  EXPECT_EQ(records.take_touched()["net"], (std::set{*Ipv4::parse("10.0.1.5"), *Ipv4::parse("10.0.1.7")}));
  changed = snapshot({}, false);
  changed.no_longer_told.emplace().insert({"net", "k2"});
  records.update(changed, now);
  EXPECT_EQ(records.untold(), (std::set<RemoteRecords::Id>{{"net", "k2"}}));
  EXPECT_EQ(records.take_touched()["net"], std::set{*Ipv4::parse("10.0.1.6")}) << "silent from now on";
  records.update(changed, now + 59min);
  EXPECT_TRUE(records.take_touched().empty());
}

}  // namespace
}  // namespace skein::overlay
