// A node whose key, certificate and root do not belong together is locked out of its swarm. So a daemon that is killed
// while it saves a new identity must come back with the old one or the new one.
#include "node/node_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "agent/session/identity_for_test.h"
#include "base/bytes.h"
#include "ca/sealed_key_file.h"
#include "io/file/file.h"

namespace skein::node {
namespace {

struct NodeFilesTest : testing::Test {
  std::string directory = testing::TempDir() + "skein-node-files-" + std::to_string(getpid());
  std::string certificates = directory + "/certificates";
  SeededRandom random{5};
  NodeFiles files{directory, random};
  WallTime now = system_clock().wall();

  void SetUp() override { ASSERT_TRUE(files.prepare().ok()); }
  void TearDown() override { std::filesystem::remove_all(directory); }

  agent::Identity make() { return agent::make_identity(ca::NodeRole::WORKER, now, random); }
  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(io::write_file_atomically(certificates + "/" + name, text, 0600).ok());
  }
  void expect_loaded(const agent::Identity& wanted) {
    auto loaded = files.load_identity(now);
    ASSERT_TRUE(loaded.ok()) << loaded.error().text();
    EXPECT_EQ(loaded->key_pem, wanted.key_pem);
    EXPECT_EQ(loaded->certificate_pem, wanted.certificate_pem);
    EXPECT_EQ(loaded->root_pem, wanted.root_pem);
    EXPECT_FALSE(std::filesystem::exists(certificates + "/next-identity.json"));
  }
};

TEST_F(NodeFilesTest, what_was_saved_is_loaded) {
  agent::Identity identity = make();
  ASSERT_TRUE(files.save_identity(identity).ok());
  expect_loaded(identity);
}

TEST_F(NodeFilesTest, the_stores_key_is_made_once_and_outlives_new_identities) {
  ASSERT_TRUE(files.save_identity(make()).ok());
  const std::string key = files.store_key()->key;
  EXPECT_EQ(key.size(), 32U);
  EXPECT_FALSE(files.store_key()->is_of_old_store);
  const agent::Identity next = make();
  ASSERT_TRUE(files.save_identity(next).ok());
  expect_loaded(next);
  EXPECT_EQ(files.store_key()->key, key);
  EXPECT_EQ(std::filesystem::status(certificates + "/swarm-node.key").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  write("swarm-node.key", ca::KeyFile{next.key_pem, false, 0, {{ca::kStoreKeyHeader, "0123"}}}.text());
  EXPECT_EQ(files.store_key().error().code, Code::kDataLoss);
}

TEST_F(NodeFilesTest, the_stores_key_of_an_earlier_version_is_taken_over) {
  ASSERT_TRUE(files.save_identity(make()).ok());
  write("swarm-store.key", to_hex(std::string(32, 'k')) + "\n");
  const auto old = *files.store_key();
  EXPECT_EQ(old.key, std::string(32, 'k'));
  EXPECT_TRUE(old.is_of_old_store);
  EXPECT_TRUE(files.store_key()->is_of_old_store) << "until the store is converted";
  ASSERT_TRUE(files.keep_store_key(old.key).ok());
  EXPECT_FALSE(files.store_key()->is_of_old_store);
  EXPECT_EQ(files.store_key()->key, old.key);
  EXPECT_FALSE(std::filesystem::exists(certificates + "/swarm-store.key"));
}

TEST_F(NodeFilesTest, a_save_cut_short_anywhere_is_completed_or_never_was) {
  const agent::Identity before = make(), after = make();
  const nlohmann::json next{{"Key", after.key_pem}, {"Certificate", after.certificate_pem}, {"RootCA", after.root_pem}};
  const std::vector<std::function<void()>> writes = {
      [&] { write("next-identity.json", next.dump()); },
      [&] {
        write("swarm-node.key", ca::KeyFile{after.key_pem, false, 0, {}}.text());
      },
      [&] { write("swarm-node.crt", after.certificate_pem); },
      [&] { write("swarm-root-ca.crt", after.root_pem); },
  };
  for (size_t done = 0; done <= writes.size(); ++done) {
    SCOPED_TRACE("killed after write " + std::to_string(done));
    ASSERT_TRUE(files.save_identity(before).ok());
    write("next-identity.json.new", next.dump().substr(0, 100));  // half of the first write
    for (size_t i = 0; i < done; ++i) writes[i]();
    expect_loaded(done == 0 ? before : after);
  }
}

TEST_F(NodeFilesTest, a_save_that_cannot_be_read_is_told_and_not_guessed) {
  ASSERT_TRUE(files.save_identity(make()).ok());
  for (const char* text : {"", "{}", "{\"Key\":1,\"Certificate\":\"\",\"RootCA\":\"\"}"}) {
    write("next-identity.json", text);
    EXPECT_EQ(files.load_identity(now).error().code, Code::kDataLoss) << text;
  }
}

}  // namespace
}  // namespace skein::node
