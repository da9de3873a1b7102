#include "cmd/cli/system/system_format.h"

#include <map>

#include "base/text/json_text.h"
#include "base/time/clock.h"
#include "cmd/cli/words/command.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

std::string field(const Json& object, const char* key, const std::string& label) {
  const std::string value = text_at(object, key);
  return value.empty() ? "" : " " + label + ": " + value + "\n";
}

std::string words_of(const Json& list) {
  std::string text;
  for (const Json& word : list)
    text += (text.empty() ? "" : " ") + (word.is_string() ? word.get<std::string>() : json_text(word));
  return text;
}

std::string yes_no(const Json& value) { return value == true ? "true" : "false"; }

std::string cluster_text(const Json& swarm) {
  const Json& cluster = at(swarm, "Cluster");
  if (!cluster.is_object()) return "";
  const Json& spec = at(cluster, "Spec");
  const Json& raft = at(spec, "Raft");
  std::string text = "  ClusterID: " + text_at(cluster, "ID") + "\n  Managers: " + text_at(swarm, "Managers") +
                     "\n  Nodes: " + text_at(swarm, "Nodes") + "\n";
  if (const Json& pools = at(cluster, "DefaultAddrPool"); pools.is_array() && !pools.empty()) {
    text += "  Default Address Pool: " + words_of(pools) + "  \n  SubnetSize: " + text_at(cluster, "SubnetSize") + "\n";
  }
  text += "  Data Path Port: " + text_at(cluster, "DataPathPort") +
          "\n  Orchestration:\n   Task History Retention Limit: " +
          text_at(at(spec, "Orchestration"), "TaskHistoryRetentionLimit") +
          "\n  Raft:\n   Snapshot Interval: " + text_at(raft, "SnapshotInterval") +
          "\n   Number of Old Snapshots to Retain: " + text_at(raft, "KeepOldSnapshots") +
          "\n   Heartbeat Tick: " + text_at(raft, "HeartbeatTick") +
          "\n   Election Tick: " + text_at(raft, "ElectionTick") + "\n  Dispatcher:\n   Heartbeat Period: " +
          show_duration(Duration(number_at(at(spec, "Dispatcher"), "HeartbeatPeriod"))) +
          "\n  CA Configuration:\n   Expiry Duration: " +
          show_duration(Duration(number_at(at(spec, "CAConfig"), "NodeCertExpiry"))) +
          "\n   Force Rotate: " + std::to_string(number_at(at(spec, "CAConfig"), "ForceRotate")) +
          "\n  Autolock Managers: " + yes_no(at(at(spec, "EncryptionConfig"), "AutoLockManagers")) +
          "\n  Root Rotation In Progress: " + yes_no(at(cluster, "RootRotationInProgress")) + "\n";
  return text;
}

std::string swarm_text(const Json& swarm) {
  const std::string state = text_at(swarm, "LocalNodeState");
  std::string text = " Swarm: " + (state.empty() ? "inactive" : state) + "\n";
  if (state.empty() || state == "inactive" || state == "locked") return text;
  text += "  NodeID: " + text_at(swarm, "NodeID") + "\n";
  if (const std::string error = text_at(swarm, "Error"); !error.empty()) text += "  Error: " + error + "\n";
  text += "  Is Manager: " + yes_no(at(swarm, "ControlAvailable")) + "\n";
  if (at(swarm, "ControlAvailable") == true) text += cluster_text(swarm);
  text += "  Node Address: " + text_at(swarm, "NodeAddr") + "\n";
  if (const Json& managers = at(swarm, "RemoteManagers"); managers.is_array() && !managers.empty()) {
    text += "  Manager Addresses:\n";
    for (const Json& manager : managers) text += "   " + text_at(manager, "Addr") + "\n";
  }
  return text;
}

}  // namespace

std::string client_info_text() {
  return std::string("Client:\n Version:    ") + kVersion + "\n Context:    default\n Debug Mode: false\n";
}

std::string server_info_text(const Json& info) {
  std::string text =
      " Containers: " + text_at(info, "Containers") + "\n  Running: " + text_at(info, "ContainersRunning") +
      "\n  Paused: " + text_at(info, "ContainersPaused") + "\n  Stopped: " + text_at(info, "ContainersStopped") +
      "\n Images: " + text_at(info, "Images") + "\n";
  text += field(info, "ServerVersion", "Server Version") + field(info, "Driver", "Storage Driver");
  for (const Json& pair : at(info, "DriverStatus")) {
    if (pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string()) {
      text += "  " + pair[0].get<std::string>() + ": " + pair[1].get<std::string>() + "\n";
    }
  }
  text += field(info, "LoggingDriver", "Logging Driver") + field(info, "CgroupDriver", "Cgroup Driver") +
          field(info, "CgroupVersion", "Cgroup Version");
  if (const Json& plugins = at(info, "Plugins"); plugins.is_object()) {
    text += " Plugins:\n";
    for (const char* kind : {"Volume", "Network", "Log"})
      text += std::string("  ") + kind + ": " + words_of(at(plugins, kind)) + "\n";
  }
  text += swarm_text(at(info, "Swarm"));
  if (const Json& runtimes = at(info, "Runtimes"); runtimes.is_object()) {
    text += " Runtimes:";
    for (const auto& [name, runtime] : runtimes.items()) text += " " + name;
    text += "\n";
  }
  text += field(info, "DefaultRuntime", "Default Runtime") + field(info, "KernelVersion", "Kernel Version") +
          field(info, "OperatingSystem", "Operating System") + field(info, "OSType", "OSType") +
          field(info, "Architecture", "Architecture") + field(info, "NCPU", "CPUs");
  text += " Total Memory: " + show_binary_size(static_cast<double>(number_at(info, "MemTotal"))) + "\n";
  text += field(info, "Name", "Name") + field(info, "ID", "ID") + field(info, "DockerRootDir", "Docker Root Dir") +
          field(info, "Debug", "Debug Mode");
  if (const Json& labels = at(info, "Labels"); labels.is_array() && !labels.empty()) {
    text += " Labels:\n";
    for (const Json& label : labels)
      if (label.is_string()) text += "  " + label.get<std::string>() + "\n";
  }
  text += field(info, "ExperimentalBuild", "Experimental") + field(info, "LiveRestoreEnabled", "Live Restore Enabled");
  for (const Json& warning : at(info, "Warnings")) {
    if (warning.is_string()) text += " " + warning.get<std::string>() + "\n";
  }
  return text;
}

std::string client_version_text(const std::string& api_version) {
  return std::string("Client:\n Version:           ") + kVersion +
         "\n API version:       " + (api_version.empty() ? "1.55" : api_version) +
         "\n OS/Arch:           linux/amd64\n Context:           default\n";
}

std::string server_version_text(const Json& version) {
  const std::string platform = text_at(at(version, "Platform"), "Name");
  std::string text = platform.empty() ? "Server:\n" : "Server: " + platform + "\n";
  const auto line = [&](const std::string& label, const std::string& value) {
    text += "  " + label + std::string(label.size() < 18 ? 18 - label.size() : 1, ' ') + value + "\n";
  };
  Json components = at(version, "Components");
  if (!components.is_array() || components.empty()) {
    components = Json::array({{{"Name", "Engine"}, {"Version", text_at(version, "Version")}, {"Details", version}}});
  }
  for (const Json& component : components) {
    const Json& details = at(component, "Details");
    text += " " + text_at(component, "Name") + ":\n";
    const std::string number = text_at(component, "Version");
    line("Version:", number.substr(0, number.find('\n')));
    if (text_at(component, "Name") != "Engine") {
      line("GitCommit:", text_at(details, "GitCommit"));
      continue;
    }
    line("API version:",
         text_at(details, "ApiVersion") + " (minimum version " + text_at(details, "MinAPIVersion") + ")");
    if (const std::string go = text_at(details, "GoVersion"); !go.empty()) line("Go version:", go);
    if (const std::string commit = text_at(details, "GitCommit"); !commit.empty()) line("Git commit:", commit);
    if (const std::string built = text_at(details, "BuildTime"); !built.empty()) line("Built:", built);
    line("OS/Arch:", text_at(details, "Os") + "/" + text_at(details, "Arch"));
    line("Experimental:", text_at(details, "Experimental").empty() ? "false" : text_at(details, "Experimental"));
  }
  return text;
}

std::string event_text(const Json& event) {
  const Json& actor = at(event, "Actor");
  WallTime time{number_at(event, "timeNano")};
  if (time.ns == 0) time.ns = number_at(event, "time") * 1'000'000'000;
  std::string text =
      time.rfc3339() + " " + text_at(event, "Type") + " " + text_at(event, "Action") + " " + text_at(actor, "ID");
  std::map<std::string, std::string> attributes;
  if (const Json& all = at(actor, "Attributes"); all.is_object()) {
    for (const auto& [key, value] : all.items()) attributes[key] = text_at(all, key);
  }
  std::string shown;
  for (const auto& [key, value] : attributes) shown += (shown.empty() ? "" : ", ") + key + "=" + value;
  return shown.empty() ? text : text + " (" + shown + ")";
}

}  // namespace skein::cli
