// The files of a manager whose swarm is locked: after a restart the unlock key opens them and nothing else does,
// wherever the daemon was killed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "agent/session/identity_for_test.h"
#include "base/bytes.h"
#include "ca/sealed_key_file.h"
#include "io/file/file.h"
#include "node/node_files.h"
#include "wire/unlock_key.h"

namespace skein::node {
namespace {

struct LockedFiles : testing::Test {
  std::string directory = testing::TempDir() + "skein-locked-files-" + std::to_string(getpid());
  std::string key_path = directory + "/certificates/swarm-node.key";
  SeededRandom random{5};
  WallTime now = system_clock().wall();
  const std::string first = wire::make_unlock_key(random), second = wire::make_unlock_key(random);
  agent::Identity identity = make();
  std::string store_key;

  void SetUp() override {
    NodeFiles files = restarted();
    ASSERT_TRUE(files.prepare().ok());
    ASSERT_TRUE(files.save_identity(identity).ok());
    store_key = files.store_key()->key;
    ASSERT_TRUE(files.seal(first, 3).ok());
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  NodeFiles restarted() { return NodeFiles(directory, random); }
  NodeFiles unlocked(const std::string& key) {
    NodeFiles files = restarted();
    auto done = files.unlock(key);
    EXPECT_TRUE(done.ok()) << done.error().text();
    return files;
  }
  agent::Identity make() { return agent::make_identity(ca::NodeRole::MANAGER, now, random); }
  void expect_opens(const std::string& key, const agent::Identity& wanted) {
    NodeFiles files = unlocked(key);
    EXPECT_EQ(files.load_identity(now)->key_pem, wanted.key_pem);
    EXPECT_EQ(files.store_key()->key, store_key);
  }
};

TEST_F(LockedFiles, a_restart_needs_the_key) {
  NodeFiles files = restarted();
  EXPECT_TRUE(*files.is_locked());
  EXPECT_EQ(files.load_identity(now).error().code, Code::kUnauthenticated);
  EXPECT_EQ(files.store_key().error().code, Code::kUnauthenticated);
  EXPECT_EQ(files.unlock(second).error().code, Code::kUnauthenticated);
  EXPECT_TRUE(*files.is_locked());
  ASSERT_TRUE(files.unlock(first).ok());
  EXPECT_FALSE(*files.is_locked());
  expect_opens(first, identity);
}

TEST_F(LockedFiles, after_a_rotation_the_earlier_key_opens_nothing) {
  ASSERT_TRUE(unlocked(first).seal(second, 4).ok());
  EXPECT_FALSE(restarted().unlock(first).ok());
  expect_opens(second, identity);
}

// Who has the key file of before must not open what is written later.
TEST_F(LockedFiles, each_unlock_key_is_due_another_key_of_the_store) {
  EXPECT_TRUE(unlocked(first).store_key()->is_due) << "it was made before there was an unlock key";
  NodeFiles files = unlocked(first);
  store_key = *files.renew_store_key();
  EXPECT_FALSE(files.store_key()->is_due);
  ASSERT_TRUE(files.keep_store_key(store_key).ok());
  EXPECT_EQ(files.store_key()->earlier, "");
  EXPECT_FALSE(unlocked(first).store_key()->is_due);
  ASSERT_TRUE(files.seal(second, 4).ok());
  EXPECT_TRUE(unlocked(second).store_key()->is_due);
  ASSERT_TRUE(files.seal("", 5).ok());
  EXPECT_FALSE(restarted().store_key()->is_due) << "it lies there in clear";
  expect_opens("", identity);
}

TEST_F(LockedFiles, killed_while_the_stores_key_is_renewed_it_has_each_key_that_is_needed) {
  const std::string earlier = store_key;
  std::filesystem::create_directory(key_path + ".new");  // the write fails: as if killed
  EXPECT_FALSE(unlocked(first).renew_store_key().ok());
  std::filesystem::remove(key_path + ".new");
  expect_opens(first, identity);
  EXPECT_EQ(unlocked(first).store_key()->earlier, "");
  store_key = *unlocked(first).renew_store_key();
  EXPECT_NE(store_key, earlier);
  expect_opens(first, identity);
  EXPECT_EQ(unlocked(first).store_key()->earlier, earlier);
  ASSERT_TRUE(unlocked(first).seal(second, 4).ok()) << "the unlock key changes meanwhile";
  expect_opens(second, identity);
  EXPECT_EQ(unlocked(second).store_key()->earlier, earlier);
  const std::string text = *io::read_file(key_path);
  for (const auto& key : {earlier, store_key}) EXPECT_EQ(text.find(to_base64(key)), std::string::npos);
  ASSERT_TRUE(unlocked(second).keep_store_key(store_key).ok());
  expect_opens(second, identity);
  EXPECT_EQ(unlocked(second).store_key()->earlier, "");
  EXPECT_TRUE(unlocked(second).store_key()->is_due) << "it was made under the unlock key of before";
}

TEST_F(LockedFiles, a_rotation_cut_short_leaves_the_earlier_key) {
  ASSERT_TRUE(io::write_file_atomically(key_path + ".new", "half of wh", 0600).ok());
  std::filesystem::create_directory(key_path + ".new.new");  // nothing of ours
  expect_opens(first, identity);
  ASSERT_TRUE(unlocked(first).seal(second, 4).ok());
  expect_opens(second, identity);
}

TEST_F(LockedFiles, without_autolock_no_key_is_needed_any_more) {
  ASSERT_TRUE(unlocked(first).seal("", 5).ok());
  NodeFiles files = restarted();
  EXPECT_FALSE(*files.is_locked());
  EXPECT_EQ(files.load_identity(now)->key_pem, identity.key_pem);
  EXPECT_EQ(files.store_key()->key, store_key);
}

TEST_F(LockedFiles, a_renewed_identity_is_sealed_too_also_on_its_way) {
  const agent::Identity next = make();
  {
    NodeFiles files = unlocked(first);
    std::filesystem::create_directory(key_path + ".new");  // the second write fails: as if killed
    EXPECT_FALSE(files.save_identity(next).ok());
    std::filesystem::remove(key_path + ".new");
  }
  const std::string on_its_way = *io::read_file(directory + "/certificates/next-identity.json");
  EXPECT_EQ(on_its_way.find("BEGIN PRIVATE KEY"), std::string::npos);
  EXPECT_NE(on_its_way.find("BEGIN ENCRYPTED PRIVATE KEY"), std::string::npos);
  expect_opens(first, next);
}

TEST_F(LockedFiles, who_leaves_forgets_the_key) {
  NodeFiles files = unlocked(first);
  ASSERT_TRUE(files.remove().ok());
  ASSERT_TRUE(files.prepare().ok());
  ASSERT_TRUE(files.save_identity(identity).ok());
  EXPECT_FALSE(*restarted().is_locked());
}

}  // namespace
}  // namespace skein::node
