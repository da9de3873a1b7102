#include "cmd/cli/swarm/swarm_lock.h"

#include <unistd.h>

#include <iostream>

#include "cmd/cli/show/printing.h"
#include "cmd/cli/show/secret_input.h"

namespace skein::cli {

namespace {

Result<std::string> unlock_key(Daemon& daemon) {
  auto answer = daemon.get("/swarm/unlockkey");
  if (!answer.ok()) return with_context(answer.error(), "could not fetch unlock key");
  return text_at(*answer, "UnlockKey");
}

void print_command(const std::string& key) {
  print(
      "To unlock a swarm manager after it restarts, run the `skein swarm unlock`\ncommand and provide the following "
      "key:\n\n    " +
      key +
      "\n\nPlease remember to store this key in a password manager, since without it you\nwill not be able to "
      "restart the manager.\n");
}

Result<int> show_key(Invocation& call) {
  const bool is_quiet = call.flags.is_on("quiet");
  if (call.flags.is_on("rotate")) {
    SKEIN_TRY_ASSIGN(const Json swarm, call.daemon.get("/swarm"));
    if (at(at(at(swarm, "Spec"), "EncryptionConfig"), "AutoLockManagers") != true)
      return invalid_argument("cannot rotate because autolock is not turned on");
    SKEIN_TRY(call.daemon.post("/swarm/update",
                               {{"rotateManagerToken", "false"},
                                {"rotateManagerUnlockKey", "true"},
                                {"rotateWorkerToken", "false"},
                                {"version", text_at(at(swarm, "Version"), "Index")}},
                               at(swarm, "Spec")));
    if (!is_quiet) print("Successfully rotated manager unlock key.\n\n");
  }
  SKEIN_TRY_ASSIGN(const std::string key, unlock_key(call.daemon));
  if (key.empty()) return make_error(Code::kNotFound, "no unlock key is set");
  if (is_quiet)
    print_line(key);
  else
    print_command(key);
  return 0;
}

// The state first: who need not be asked for the key is not.
Result<int> unlock(Invocation& call) {
  SKEIN_TRY_ASSIGN(const Json info, call.daemon.get("/info"));
  const std::string state = text_at(at(info, "Swarm"), "LocalNodeState");
  if (state.empty() || state == "inactive")
    return make_error(Code::kFailedPrecondition, "Error: This node is not part of a swarm");
  if (state != "locked") return make_error(Code::kFailedPrecondition, "Error: swarm is not locked");
  SKEIN_TRY_ASSIGN(const std::string key, read_secret_line("Please enter unlock key: "));
  SKEIN_TRY(call.daemon.post("/swarm/unlock", {}, Json{{"UnlockKey", key}}));
  return 0;
}

}  // namespace

Result<void> print_unlock_key(Daemon& daemon) {
  SKEIN_TRY_ASSIGN(const std::string key, unlock_key(daemon));
  if (!key.empty()) print_command(key);
  return {};
}

Command swarm_unlock_command() { return {"unlock", "", "Unlock swarm", {0, 0}, {}, unlock}; }

Command swarm_unlock_key_command() {
  return {"unlock-key",
          "[OPTIONS]",
          "Manage the unlock key",
          {0, 0},
          {{"quiet", 'q', "", "Only display token"}, {"rotate", 0, "", "Rotate unlock key"}},
          show_key};
}

}  // namespace skein::cli
