// Keys are replaced every period, one key of each subsystem at a time, whatever happens to managers and their clocks.
#include "manager/keys/key_rotation.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "ca/network_keys.h"
#include "io/loop/task_scope.h"
#include "io/loop/virtual_loop.h"
#include "manager/bootstrap.h"
#include "manager/dispatcher/session_news.h"
#include "manager/keys/key_rotation_driver.h"
#include "store/memory_journal.h"

namespace skein::manager {
namespace {

namespace asio = boost::asio;
namespace api = store::api;
using namespace std::chrono_literals;

constexpr Duration kHalfDay = 12h;

class KeyRotation : public testing::Test {
 protected:
  KeyRotation() {
    InitOptions options;
    options.advertise = {"192.168.1.11", 2377};
    cluster = make_first_objects(options, wall, random)->cluster;
  }

  void pass(Duration time) {
    now = now + time;
    wall = wall + time;
  }
  // A manager that begins to count.
  void restart() { schedule = KeySchedule(kHalfDay); }
  // What the driver does at this moment; how many rotations that were.
  int look() {
    int rotations = 0;
    for (KeyStep step; (step = schedule.next(cluster, now, wall)) != KeyStep::kWait;) {
      cluster = step == KeyStep::kRotate ? rotate_keys(cluster, wall, random) : count_keys_anew(cluster, wall);
      rotations += step == KeyStep::kRotate;
    }
    return rotations;
  }
  std::vector<ca::EncryptionKey> keys(std::string_view subsystem) const {
    const auto& all = cluster.network_bootstrap_keys();
    return ca::keys_of_subsystem({all.begin(), all.end()}, subsystem);
  }

  SeededRandom random{1};
  TimePoint now{0};
  WallTime wall = system_clock().wall();
  api::Cluster cluster;
  KeySchedule schedule{kHalfDay};
};

TEST_F(KeyRotation, the_next_key_is_known_for_a_period_before_it_is_used_and_read_for_one_after) {
  for (int round = 0; round < 5; ++round) {
    const auto gossip = keys(ca::kSubsystemGossip), ipsec = keys(ca::kSubsystemIpsec);
    pass(kHalfDay);
    ASSERT_EQ(look(), 1);
    for (const auto& [before, after] :
         {std::pair(gossip, keys(ca::kSubsystemGossip)), std::pair(ipsec, keys(ca::kSubsystemIpsec))}) {
      ASSERT_EQ(after.size(), 3u);
      EXPECT_EQ(after[0].key(), before[1].key());
      EXPECT_EQ(after[1].key(), before[2].key());
      EXPECT_GT(after[2].lamport_time(), before[2].lamport_time());
    }
  }
}

// Docker Engines read the set from their session: its shape must be that of Docker's own.
TEST_F(KeyRotation, a_rotated_set_has_the_shape_of_dockers) {
  std::ifstream file(SKEIN_TEST_DATA "/grpc/session-first.resp.bin", std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  api::SessionMessage docker;
  ASSERT_TRUE(docker.ParseFromString(bytes.str()));
  ASSERT_EQ(docker.network_bootstrap_keys_size(), 6);

  for (int round = 0; round < 3; ++round) cluster = rotate_keys(cluster, wall, random);
  store::Tables tables;
  tables.apply(
      {store::Kind::kCluster, cluster.id(), store::Ref<api::Cluster>(), std::make_shared<const api::Cluster>(cluster)});
  const api::SessionMessage ours = common_session_message(tables);
  ASSERT_EQ(ours.network_bootstrap_keys_size(), 6);
  std::set<uint64_t> times;
  for (int i = 0; i < 6; ++i) {
    const auto& mine = ours.network_bootstrap_keys(i);
    const auto& theirs = docker.network_bootstrap_keys(i);
    EXPECT_EQ(mine.subsystem(), theirs.subsystem());
    EXPECT_EQ(mine.algorithm(), theirs.algorithm());
    EXPECT_EQ(mine.key().size(), theirs.key().size());
    times.insert(mine.lamport_time());
  }
  EXPECT_EQ(times.size(), 6u);
  EXPECT_EQ(*times.rbegin(), cluster.encryption_key_lamport_clock());
}

TEST_F(KeyRotation, a_manager_that_is_restarted_all_the_time_rotates_when_it_is_due_and_once) {
  look();
  int rotations = 0;
  for (int hour = 1; hour <= 48; ++hour) {
    pass(1h);
    restart();
    rotations += look();
    restart();
    rotations += look();
    EXPECT_EQ(rotations, hour / 12) << "after " << hour << " hours";
  }
}

TEST_F(KeyRotation, a_manager_that_was_away_for_days_moves_the_window_by_one) {
  pass(100h);
  restart();
  EXPECT_EQ(look(), 1);
  pass(kHalfDay - 1s);
  EXPECT_EQ(look(), 0);
  pass(1s);
  EXPECT_EQ(look(), 1);
}

TEST_F(KeyRotation, jumps_of_wall_time_neither_hurry_nor_delay_a_manager_that_lives) {
  look();
  for (Duration jump : {1000h, -1000h, -500h, 500h}) {
    wall = wall + jump;
    EXPECT_EQ(look(), 0);
    pass(kHalfDay - 1s);
    EXPECT_EQ(look(), 0);
    pass(1s);
    EXPECT_EQ(look(), 1);
  }
}

TEST_F(KeyRotation, a_rotation_in_the_future_is_counted_from_now) {
  wall = wall - 1000h;
  EXPECT_EQ(look(), 0);
  for (int hour = 1; hour <= 12; ++hour) {
    pass(1h);
    restart();
    EXPECT_EQ(look(), hour / 12);
  }
}

TEST_F(KeyRotation, a_swarm_that_never_counted_begins_now) {
  cluster.clear_network_keys_rotated_at();
  EXPECT_EQ(look(), 0);
  EXPECT_TRUE(cluster.has_network_keys_rotated_at());
  pass(kHalfDay);
  EXPECT_EQ(look(), 1);
}

TEST_F(KeyRotation, what_another_manager_rotated_is_not_rotated_again) {
  look();
  pass(kHalfDay);
  cluster = rotate_keys(cluster, wall, random);
  EXPECT_EQ(look(), 0);
  EXPECT_EQ(schedule.due(), now + kHalfDay);
}

TEST_F(KeyRotation, asked_for_it_moves_the_window_at_once_and_the_next_one_waits_a_whole_period) {
  look();
  pass(1h);
  const auto before = keys(ca::kSubsystemIpsec);
  auto rotated = rotate_keys_at_once(cluster, wall, random);
  ASSERT_TRUE(rotated.ok());
  cluster = *rotated;
  EXPECT_EQ(keys(ca::kSubsystemIpsec)[0].key(), before[1].key());
  EXPECT_EQ(keys(ca::kSubsystemIpsec)[1].key(), before[2].key()) << "what seals now was with all nodes before";
  pass(kHalfDay - 1s);
  EXPECT_EQ(look(), 0);
  pass(1s);
  EXPECT_EQ(look(), 1);
}

TEST_F(KeyRotation, asked_for_twice_in_a_row_it_is_refused) {
  pass(1h);
  cluster = *rotate_keys_at_once(cluster, wall, random);
  pass(kKeyPauseMin - 1s);
  auto refused = rotate_keys_at_once(cluster, wall, random);
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().text().starts_with("the network keys were replaced a moment ago"));
  pass(1s);
  EXPECT_TRUE(rotate_keys_at_once(cluster, wall, random).ok());
  wall = wall - 1000h;  // a clock that was set back is no reason to refuse
  EXPECT_TRUE(rotate_keys_at_once(cluster, wall, random).ok());
}

// The driver on a real store, and days in virtual time.
class KeyRotationDriverTest : public testing::Test {
 protected:
  KeyRotationDriverTest() {
    open();
    InitOptions options;
    options.advertise = {"192.168.1.11", 2377};
    FirstObjects first = *make_first_objects(options, loop_.wall(), random_);
    run(store_->update([&](store::Transaction& tx) { return tx.create(first.cluster), Result<void>(); }));
  }
  ~KeyRotationDriverTest() override { stop(); }

  void open() {
    store_ = std::make_unique<store::Store>(loop_.context().get_executor(),
                                            std::make_unique<store::MemoryJournal>(contents_), loop_);
    run(store_->open());
  }
  void run(asio::awaitable<Result<void>> work) {
    std::optional<Result<void>> done;
    asio::co_spawn(loop_.context(), std::move(work),
                   [&](const std::exception_ptr&, Result<void> result) { done = std::move(result); });
    loop_.run_ready();
    EXPECT_TRUE(done && done->ok());
  }
  void start(Duration period) {
    tasks_.emplace(loop_.context().get_executor());
    driver_.emplace(*tasks_, *store_, loop_, random_, period);
    driver_->start();
    loop_.run_ready();
  }
  void stop() {
    asio::co_spawn(loop_.context(), tasks_->close(), asio::detached);
    loop_.run_ready();
    driver_.reset();
    tasks_.reset();
  }
  // The manager dies and comes back with what is on disk.
  void restart(Duration period) {
    stop();
    open();
    start(period);
  }
  uint64_t clock() const { return store_->view().cluster()->encryption_key_lamport_clock(); }

  io::VirtualLoop loop_;
  SeededRandom random_{2};
  std::shared_ptr<store::MemoryJournal::Contents> contents_ = std::make_shared<store::MemoryJournal::Contents>();
  std::unique_ptr<store::Store> store_;
  std::optional<io::TaskScope> tasks_;
  std::optional<KeyRotationDriver> driver_;
};

// A rotation gives out two Lamport times.
TEST_F(KeyRotationDriverTest, keys_are_rotated_each_period_through_restarts) {
  const uint64_t begin = clock();
  start(kHalfDay);
  loop_.run_for(3 * kHalfDay);
  EXPECT_EQ(clock(), begin + 2 * 3);
  loop_.run_for(kHalfDay - 1h);
  restart(kHalfDay);
  EXPECT_EQ(clock(), begin + 2 * 3) << "rotated early by a manager that came back";
  loop_.run_for(kHalfDay);
  EXPECT_EQ(clock(), begin + 2 * 4);
}

TEST_F(KeyRotationDriverTest, a_full_disk_keeps_the_keys_that_nodes_know) {
  contents_->is_failing = true;
  const uint64_t before = clock();
  start(kHalfDay);
  loop_.run_for(kHalfDay + 1min);
  EXPECT_EQ(clock(), before);
  contents_->is_failing = false;
  loop_.run_for(1min);
  EXPECT_EQ(clock(), before + 2);
}

}  // namespace
}  // namespace skein::manager
