#include "cmd/cli/swarm/swarm_lock.h"

#include "cmd/cli/daemon/fake_daemon.h"

namespace skein::cli {
namespace {

Json swarm_of(bool is_locked) {
  return {{"Version", {{"Index", 7}}}, {"Spec", {{"EncryptionConfig", {{"AutoLockManagers", is_locked}}}}}};
}

struct SwarmLock : testing::Test {
  FakeDaemon daemon;
  std::string update(bool is_rotated) {
    return std::string("POST /swarm/update?version=7&rotateWorkerToken=false&rotateManagerToken=false&") +
           "rotateManagerUnlockKey=" + (is_rotated ? "true" : "false");
  }
  void set_swarm(bool is_locked, const std::string& key) {
    daemon.on("GET /swarm", {200, swarm_of(is_locked).dump()});
    daemon.on("GET /swarm/unlockkey", {200, Json{{"UnlockKey", key}}.dump()});
  }
};

constexpr const char* kAdvice =
    "To unlock a swarm manager after it restarts, run the `skein swarm unlock`\ncommand and provide the following "
    "key:\n\n    SWMKEY-1-k\n\nPlease remember to store this key in a password manager, since without it you\nwill not "
    "be able to restart the manager.\n";

TEST_F(SwarmLock, the_key_is_shown_with_advice_or_alone) {
  set_swarm(true, "SWMKEY-1-k");
  EXPECT_EQ(daemon.run({"swarm", "unlock-key"}).out, kAdvice);
  EXPECT_EQ(daemon.run({"swarm", "unlock-key", "-q"}).out, "SWMKEY-1-k\n");
}

TEST_F(SwarmLock, a_rotation_asks_for_a_new_key_and_shows_it) {
  set_swarm(true, "SWMKEY-1-k");
  daemon.on(update(true), {200, ""});
  EXPECT_EQ(daemon.run({"swarm", "unlock-key", "--rotate"}).out,
            std::string("Successfully rotated manager unlock key.\n\n") + kAdvice);
  EXPECT_EQ(daemon.run({"swarm", "unlock-key", "--rotate", "-q"}).out, "SWMKEY-1-k\n");
}

TEST_F(SwarmLock, without_autolock_there_is_none) {
  set_swarm(false, "");
  auto shown = daemon.run({"swarm", "unlock-key"});
  EXPECT_NE(shown.status, 0);
  EXPECT_EQ(shown.err, "no unlock key is set\n");
  EXPECT_EQ(daemon.run({"swarm", "unlock-key", "--rotate"}).err, "cannot rotate because autolock is not turned on\n");
}

TEST_F(SwarmLock, who_turns_it_on_is_shown_the_key_once) {
  set_swarm(false, "SWMKEY-1-k");
  daemon.on(update(false), {200, ""});
  EXPECT_EQ(daemon.run({"swarm", "update", "--autolock"}).out, std::string("Swarm updated.\n") + kAdvice);
  EXPECT_EQ(daemon.run({"swarm", "update", "--autolock=false"}).out, "Swarm updated.\n");
}

TEST_F(SwarmLock, only_a_locked_manager_is_unlocked) {
  daemon.on("GET /info", {200, R"({"Swarm":{"LocalNodeState":"inactive"}})"});
  daemon.on("GET /info", {200, R"({"Swarm":{"LocalNodeState":"active"}})"});
  EXPECT_EQ(daemon.run({"swarm", "unlock"}).err, "Error: This node is not part of a swarm\n");
  EXPECT_EQ(daemon.run({"swarm", "unlock"}).err, "Error: swarm is not locked\n");
}

}  // namespace
}  // namespace skein::cli
