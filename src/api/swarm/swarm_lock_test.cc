// What `swarm unlock`, `unlock-key` and `update --autolock` ask, in every state that a node can be in.
#include "api/swarm/swarm_routes_for_test.h"
#include "cluster/unlock_keys.h"

namespace skein::api {
namespace {

struct SwarmLock : SwarmRoutes {
  Answer update(bool is_on, bool is_rotated = false) {
    json swarm = ask("GET", "/swarm").body;
    json spec = swarm["Spec"];
    spec["EncryptionConfig"]["AutoLockManagers"] = is_on;
    return ask("POST",
               "/swarm/update?version=" + std::to_string(swarm["Version"]["Index"].get<uint64_t>()) +
                   "&rotateManagerUnlockKey=" + (is_rotated ? "true" : "false"),
               spec);
  }
  std::string key() { return ask("GET", "/swarm/unlockkey").body.value("UnlockKey", "none"); }
  // As after a restart.
  void lock() {
    stop_manager();
    host_.unlock_key = "SWMKEY-1-x";
  }
};

constexpr const char* kLocked =
    "Swarm is encrypted and needs to be unlocked before it can be used. Please use \"docker swarm unlock\" to unlock "
    "it.";

TEST_F(SwarmLock, a_key_is_there_while_autolock_is_on) {
  EXPECT_EQ(key(), "");
  ASSERT_EQ(update(true).status, 200);
  EXPECT_EQ(ask("GET", "/swarm").body["Spec"]["EncryptionConfig"]["AutoLockManagers"], true);
  const std::string first = key();
  EXPECT_TRUE(first.starts_with("SWMKEY-1-"));
  EXPECT_EQ(first.size(), 52U);
  ASSERT_EQ(update(true).status, 200);
  EXPECT_EQ(key(), first);
  ASSERT_EQ(update(true, true).status, 200);
  EXPECT_NE(key(), first);
  ASSERT_EQ(update(false).status, 200);
  EXPECT_EQ(key(), "");
  EXPECT_EQ(update(false, true).status, 200) << "as Docker: there is none to rotate";
}

TEST_F(SwarmLock, no_answer_but_its_own_shows_the_key) {
  ASSERT_EQ(update(true).status, 200);
  const std::string bytes = key().substr(9);
  EXPECT_EQ(ask("GET", "/swarm").body.dump().find(bytes), std::string::npos);
  EXPECT_EQ(swarm_info(host_).dump().find(bytes), std::string::npos);
}

TEST_F(SwarmLock, a_key_locks_nothing_before_its_answer_is_sent) {
  ASSERT_EQ(update(true).status, 200);
  Request request;
  request.method = "GET";
  request.path = "/swarm/unlockkey";
  request.version = {1, 47};
  Response answer = wait(router_.answer(request));
  EXPECT_EQ(host_.shown_key, "");
  answer.on_sent();
  EXPECT_EQ(host_.shown_key, cluster::unlock_key_of(*store_->view().cluster()));
}

TEST_F(SwarmLock, a_locked_manager_says_so_to_everything_of_the_swarm) {
  lock();
  for (const auto& [method, path] : {std::pair("GET", "/swarm"),
                                     {"GET", "/swarm/unlockkey"},
                                     {"GET", "/nodes"},
                                     {"GET", "/services"},
                                     {"GET", "/tasks"},
                                     {"GET", "/secrets"}}) {
    Answer answer = ask(method, path);
    EXPECT_EQ(answer.status, 503) << path;
    EXPECT_EQ(message(answer), kLocked) << path;
  }
  json info = swarm_info(host_);
  EXPECT_EQ(info["LocalNodeState"], "locked");
  EXPECT_EQ(info["Error"], kLocked);
  EXPECT_EQ(info["NodeID"], "");
  EXPECT_EQ(info["ControlAvailable"], false);
}

TEST_F(SwarmLock, unlock_asks_for_the_state_first) {
  Answer open = ask("POST", "/swarm/unlock", {{"UnlockKey", "SWMKEY-1-x"}});
  EXPECT_EQ(open.status, 409);
  EXPECT_EQ(message(open), "swarm is not locked");
  stop_manager();
  Answer outside = ask("POST", "/swarm/unlock", {{"UnlockKey", "SWMKEY-1-x"}});
  EXPECT_EQ(outside.status, 503);
  EXPECT_TRUE(message(outside).starts_with("This node is not a swarm manager. Use \"docker swarm init\""))
      << message(outside);
  lock();
  EXPECT_EQ(ask("POST", "/swarm/unlock", {{"UnlockKey", "SWMKEY-1-y"}}).status, 401);
  EXPECT_EQ(ask("POST", "/swarm/unlock", {{"UnlockKey", 7}}).status, 400);
  EXPECT_EQ(ask("POST", "/swarm/unlock", {{"UnlockKey", "SWMKEY-1-x"}}).status, 200);
}

}  // namespace
}  // namespace skein::api
