// skein swarm: init, join, join-token, leave, update; ca, unlock and unlock-key have files of their own.
#include <charconv>

#include "cmd/cli/show/printing.h"
#include "cmd/cli/swarm/swarm_ca.h"
#include "cmd/cli/swarm/swarm_lock.h"

namespace skein::cli {

namespace {

const char* const kListenDefault = "0.0.0.0:2377";

Result<std::string> own_manager_address(Daemon& daemon, std::string node_id) {
  if (node_id.empty()) {
    SKEIN_TRY_ASSIGN(const Json info, daemon.get("/info"));
    node_id = text_at(at(info, "Swarm"), "NodeID");
  }
  SKEIN_TRY_ASSIGN(const Json node, daemon.get(path_of("/nodes/", node_id)));
  return text_at(at(node, "ManagerStatus"), "Addr");
}

// "To add a worker to this swarm, …" with the command to type.
Result<std::string> join_command(Daemon& daemon, const std::string& node_id, const std::string& role) {
  SKEIN_TRY_ASSIGN(const std::string address, own_manager_address(daemon, node_id));
  SKEIN_TRY_ASSIGN(const Json swarm, daemon.get("/swarm"));
  const std::string token = text_at(at(swarm, "JoinTokens"), role == "manager" ? "Manager" : "Worker");
  return "To add a " + role + " to this swarm, run the following command:\n\n    skein swarm join --token " + token +
         " " + address + "\n\n";
}

Result<int64_t> duration_ns(const Flags& flags, std::string_view name) {
  SKEIN_TRY_ASSIGN(const Duration duration, parse_duration(flags.text(name)));
  return duration.count();
}

// What the flags shared by init and update change in a swarm's Spec.
Result<void> change_spec(const Flags& flags, Json& spec) {
  if (flags.is_set("task-history-limit")) {
    spec["Orchestration"]["TaskHistoryRetentionLimit"] = flags.number("task-history-limit");
  }
  if (flags.is_set("dispatcher-heartbeat")) {
    SKEIN_TRY_ASSIGN(spec["Dispatcher"]["HeartbeatPeriod"], duration_ns(flags, "dispatcher-heartbeat"));
  }
  if (flags.is_set("cert-expiry")) {
    SKEIN_TRY_ASSIGN(spec["CAConfig"]["NodeCertExpiry"], duration_ns(flags, "cert-expiry"));
  }
  if (flags.is_set("snapshot-interval")) spec["Raft"]["SnapshotInterval"] = flags.number("snapshot-interval");
  if (flags.is_set("max-snapshots")) spec["Raft"]["KeepOldSnapshots"] = flags.number("max-snapshots");
  if (flags.is_set("autolock")) spec["EncryptionConfig"]["AutoLockManagers"] = flags.is_on("autolock");
  return {};
}

std::vector<FlagSpec> spec_flags() {
  return {{"autolock", 0, "", "Require a key to start a stopped manager"},
          {"cert-expiry", 0, "duration", "Validity of node certificates (ns|us|ms|s|m|h)", "2160h0m0s"},
          {"dispatcher-heartbeat", 0, "duration", "Period of heartbeats between managers and nodes", "5s"},
          {"max-snapshots", 0, "uint", "Number of additional Raft snapshots to keep"},
          {"snapshot-interval", 0, "uint", "Number of log entries between Raft snapshots", "10000"},
          {"task-history-limit", 0, "int", "How many old tasks to remember per slot", "5"}};
}

Result<int> init(Invocation& call) {
  const Flags& flags = call.flags;
  Json spec = {{"Labels", nullptr},
               {"Orchestration", Json::object()},
               {"Raft", {{"ElectionTick", 0}, {"HeartbeatTick", 0}}},
               {"Dispatcher", Json::object()},
               {"CAConfig", Json::object()},
               {"TaskDefaults", Json::object()},
               {"EncryptionConfig", {{"AutoLockManagers", false}}}};
  SKEIN_TRY(change_spec(flags, spec));
  const Json body = {{"ListenAddr", flags.text("listen-addr")},
                     {"AdvertiseAddr", flags.text("advertise-addr")},
                     {"DataPathAddr", flags.text("data-path-addr")},
                     {"DataPathPort", flags.number("data-path-port")},
                     {"DefaultAddrPool", flags.list("default-addr-pool")},
                     {"SubnetSize", flags.number("default-addr-pool-mask-length")},
                     {"ForceNewCluster", flags.is_on("force-new-cluster")},
                     {"AutoLockManagers", flags.is_on("autolock")},
                     {"Availability", flags.is_set("availability") ? flags.text("availability") : ""},
                     {"Spec", spec}};
  SKEIN_TRY_ASSIGN(const Json answer, call.daemon.post("/swarm/init", {}, body));
  const std::string node_id = answer.is_string() ? answer.get<std::string>() : "";
  print("Swarm initialized: current node (" + node_id + ") is now a manager.\n\n");
  SKEIN_TRY_ASSIGN(const std::string command, join_command(call.daemon, node_id, "worker"));
  print(command);
  print("To add a manager to this swarm, run 'skein swarm join-token manager' and follow the instructions.\n\n");
  if (flags.is_on("autolock")) SKEIN_TRY(print_unlock_key(call.daemon));
  return 0;
}

Result<int> join(Invocation& call) {
  const Flags& flags = call.flags;
  const Json body = {{"ListenAddr", flags.text("listen-addr")},
                     {"AdvertiseAddr", flags.text("advertise-addr")},
                     {"DataPathAddr", flags.text("data-path-addr")},
                     {"RemoteAddrs", {call.argument(0)}},
                     {"JoinToken", flags.text("token")},
                     {"Availability", flags.is_set("availability") ? flags.text("availability") : ""}};
  SKEIN_TRY(call.daemon.post("/swarm/join", {}, body));
  SKEIN_TRY_ASSIGN(const Json info, call.daemon.get("/info"));
  const bool is_manager = at(at(info, "Swarm"), "ControlAvailable") == true;
  print_line(std::string("This node joined a swarm as a ") + (is_manager ? "manager." : "worker."));
  return 0;
}

// `rotated`: "worker" or "manager" for that one's token, "keys" for those of networks, or nothing.
Result<void> post_update(Daemon& daemon, const Json& swarm, const Json& spec, const std::string& rotated) {
  const auto flag = [&](const char* what) { return rotated == what ? "true" : "false"; };
  Parameters parameters{{"rotateManagerToken", flag("manager")},
                        {"rotateManagerUnlockKey", "false"},
                        {"rotateWorkerToken", flag("worker")},
                        {"version", text_at(at(swarm, "Version"), "Index")}};
  if (rotated == "keys") parameters.emplace_back("rotateNetworkKeys", "true");
  SKEIN_TRY(daemon.post("/swarm/update", parameters, spec));
  return {};
}

Result<int> join_token(Invocation& call) {
  const std::string role = call.argument(0);
  if (role != "worker" && role != "manager") return make_error(Code::kInvalidArgument, "unknown role " + role);
  const bool is_quiet = call.flags.is_on("quiet");
  SKEIN_TRY_ASSIGN(Json swarm, call.daemon.get("/swarm"));
  if (call.flags.is_on("rotate")) {
    SKEIN_TRY(post_update(call.daemon, swarm, at(swarm, "Spec"), role));
    if (!is_quiet) print("Successfully rotated " + role + " join token.\n\n");
    SKEIN_TRY_ASSIGN(swarm, call.daemon.get("/swarm"));
  }
  if (is_quiet) {
    print_line(text_at(at(swarm, "JoinTokens"), role == "manager" ? "Manager" : "Worker"));
    return 0;
  }
  SKEIN_TRY_ASSIGN(const std::string command, join_command(call.daemon, "", role));
  print(command);
  return 0;
}

Result<int> leave(Invocation& call) {
  Parameters parameters;
  if (call.flags.is_on("force")) parameters.emplace_back("force", "1");
  SKEIN_TRY(call.daemon.post("/swarm/leave", parameters));
  print_line("Node left the swarm.");
  return 0;
}

Result<int> update_swarm(Invocation& call) {
  SKEIN_TRY_ASSIGN(const Json swarm, call.daemon.get("/swarm"));
  Json spec = at(swarm, "Spec");
  SKEIN_TRY(change_spec(call.flags, spec));
  SKEIN_TRY(post_update(call.daemon, swarm, spec, call.flags.is_on("rotate-network-keys") ? "keys" : ""));
  print_line("Swarm updated.");
  const auto is_locked = [](const Json& of) { return at(at(of, "EncryptionConfig"), "AutoLockManagers") == true; };
  if (is_locked(spec) && !is_locked(at(swarm, "Spec"))) SKEIN_TRY(print_unlock_key(call.daemon));
  return 0;
}

std::vector<FlagSpec> address_flags() {
  return {{"advertise-addr", 0, "string", "Advertised address (format: \"<ip|interface>[:port]\")"},
          {"availability", 0, "string", "Availability of the node (\"active\", \"pause\", \"drain\")", "active"},
          {"data-path-addr", 0, "string", "Address or interface for container traffic (format: \"<ip|interface>\")"},
          {"listen-addr", 0, "node-addr", "Listen address (format: \"<ip|interface>[:port]\")", kListenDefault}};
}

}  // namespace

std::vector<Command> swarm_commands() {
  auto init_flags = address_flags();
  for (FlagSpec& flag : spec_flags()) init_flags.push_back(std::move(flag));
  init_flags.push_back({"data-path-port", 0, "uint32", "Port for container traffic (1024 - 49151; 0 stands for 4789)"});
  init_flags.push_back({"default-addr-pool", 0, "strings", "Pool of subnets in CIDR format"});
  init_flags.push_back(
      {"default-addr-pool-mask-length", 0, "uint32", "Mask length of the subnets taken from the pool", "24"});
  init_flags.push_back({"force-new-cluster", 0, "", "Make a new cluster from this manager's state"});
  auto update_flags = spec_flags();
  update_flags.push_back({"rotate-network-keys", 0, "",
                          "Replace the keys of gossip and of encrypted networks now, and not when it is time"});
  auto join_flags = address_flags();
  join_flags.push_back({"token", 0, "string", "Token for entry into the swarm"});
  return {
      swarm_ca_command(),
      {"init", "[OPTIONS]", "Initialize a swarm", {0, 0}, init_flags, init},
      {"join", "[OPTIONS] HOST:PORT", "Join a swarm as a node and/or manager", {1, 1}, join_flags, join},
      {"join-token",
       "[OPTIONS] (worker|manager)",
       "Manage join tokens",
       {1, 1},
       {{"quiet", 'q', "", "Only display token"}, {"rotate", 0, "", "Make a new token; the old one ends"}},
       join_token},
      {"leave",
       "[OPTIONS]",
       "Leave the swarm",
       {0, 0},
       {{"force", 'f', "", "Leave although this is a manager, ignoring warnings"}},
       leave},
      swarm_unlock_command(),
      swarm_unlock_key_command(),
      {"update", "[OPTIONS]", "Update the swarm", {0, 0}, update_flags, update_swarm},
  };
}

}  // namespace skein::cli
