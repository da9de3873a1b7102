#include "api/system/info.h"

#include <algorithm>

#include "api/replies/generic_resources.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using engine::EngineFacts;
using nlohmann::json;

namespace {

json no_swarm() {
  return {{"NodeID", ""}, {"NodeAddr", ""},           {"LocalNodeState", "inactive"}, {"ControlAvailable", false},
          {"Error", ""},  {"RemoteManagers", nullptr}};
}

// Our containers live below cgroups with every controller, and no packet of theirs crosses a bridge that a firewall of
// the host would not see: what Docker's clients warn of does not happen here.
void put_abilities(json& info, const HostFacts& host) {
  for (const char* name : {"MemoryLimit", "SwapLimit", "CpuCfsPeriod", "CpuCfsQuota", "CPUShares", "CPUSet",
                           "PidsLimit", "BridgeNfIptables", "BridgeNfIp6tables"})
    info[name] = true;
  info["OomKillDisable"] = host.cgroup_version == 1;
  info["KernelMemory"] = info["KernelMemoryTCP"] = false;
}

void put_engine(json& info, const EngineFacts& engine, const HostFacts& host) {
  json status = json::array();
  for (const auto& [name, value] : engine.storage_status) status.push_back({name, value});
  info["Driver"] = engine.storage_driver;
  info["DriverStatus"] = status;
  info["CgroupDriver"] = engine.cgroup_driver;
  info["CgroupVersion"] = std::to_string(host.cgroup_version);
  info["LoggingDriver"] = engine.log_driver;
  info["DefaultRuntime"] = engine.runtime;
  info["Runtimes"] = {{engine.runtime, {{"path", engine.runtime_path}}}};
  json security = engine.security_options;
  if (host.cgroup_version == 2) security.push_back("name=cgroupns");
  info["SecurityOptions"] = security;
  info["Plugins"] = {{"Volume", {"local"}},
                     {"Network", {"bridge", "host", "null", "overlay"}},
                     {"Authorization", nullptr},
                     {"Log", engine.log_drivers}};
  // Docker's clients print these three as versions of containerd, of runc and of init: what stands in their places.
  auto commit = [&](size_t index) {
    std::string text;
    if (index < engine.components.size()) text = engine.components[index].name + " " + engine.components[index].version;
    return json{{"ID", text}, {"Expected", text}};
  };
  info["ContainerdCommit"] = commit(0);
  info["RuncCommit"] = commit(2);
  info["InitCommit"] = {{"ID", ""}, {"Expected", ""}};
}

// Clients print such an option in lines of its own: a comma would end one, and an empty word is an error to them.
void put_encryption(json& info, std::string by) {
  if (by.empty()) return;
  std::ranges::replace(by, ',', ';');
  info["SecurityOptions"].push_back("name=encrypted overlays,by=" + by);
}

}  // namespace

ContainerCounts count_containers(const json& list) {
  ContainerCounts out;
  if (!list.is_array()) return out;
  for (const json& entry : list) {
    const std::string state = engine::text_of(entry, "State");
    ++(state == "running" || state == "restarting" ? out.running : state == "paused" ? out.paused : out.stopped);
  }
  return out;
}

json show_info(const DaemonFacts& daemon, const HostFacts& host, const EngineFacts& engine, const InfoMoment& moment) {
  const ContainerCounts& containers = moment.containers;
  const json generic = generics_to_json(moment.engine_settings.generic);
  json info{{"ID", daemon.id},
            {"Containers", containers.running + containers.paused + containers.stopped},
            {"ContainersRunning", containers.running},
            {"ContainersPaused", containers.paused},
            {"ContainersStopped", containers.stopped},
            {"Images", moment.images},
            {"IPv4Forwarding", moment.forwards_ipv4},
            {"Debug", false},
            {"NFd", moment.open_descriptors},
            {"SystemTime", moment.now.rfc3339()},
            {"KernelVersion", host.kernel},
            {"OperatingSystem", host.operating_system},
            {"OSVersion", host.os_version},
            {"OSType", "linux"},
            {"Architecture", host.machine},
            {"IndexServerAddress", "https://index.docker.io/v1/"},
            {"RegistryConfig",
             {{"AllowNondistributableArtifactsCIDRs", json::array()},
              {"AllowNondistributableArtifactsHostnames", json::array()},
              {"InsecureRegistryCIDRs", json::array()},
              {"IndexConfigs", json::object()},
              {"Mirrors", json::array()}}},
            {"NCPU", host.cpus},
            {"MemTotal", host.memory_bytes},
            {"GenericResources", generic.empty() ? json() : json(generic)},
            {"DockerRootDir", daemon.root_folder},
            {"HttpProxy", ""},
            {"HttpsProxy", ""},
            {"NoProxy", ""},
            {"Name", moment.host_name},
            {"Labels", moment.engine_settings.labels},
            {"ExperimentalBuild", false},
            {"ServerVersion", daemon.version},
            {"Swarm", moment.swarm.is_null() ? no_swarm() : moment.swarm},
            {"LiveRestoreEnabled", true},
            {"Isolation", ""},
            {"InitBinary", ""},
            {"Warnings", nullptr}};
  put_abilities(info, host);
  put_engine(info, engine, host);
  put_encryption(info, daemon.encryption);
  if (!moment.has_engine) info["Warnings"] = json::array({"WARNING: the container engine is not available"});
  return info;
}

json show_version(const DaemonFacts& daemon, const HostFacts& host, const EngineFacts& engine, io::http::ApiVersion min,
                  io::http::ApiVersion max) {
  json components = json::array({{{"Name", "Engine"},
                                  {"Version", daemon.version},
                                  {"Details",
                                   {{"ApiVersion", max.text()},
                                    {"MinAPIVersion", min.text()},
                                    {"Arch", host.architecture()},
                                    {"Os", "linux"},
                                    {"KernelVersion", host.kernel},
                                    {"BuildTime", ""},
                                    {"Experimental", "false"},
                                    {"GitCommit", ""},
                                    {"GoVersion", ""}}}}});
  for (const auto& component : engine.components)
    components.push_back({{"Name", component.name}, {"Version", component.version}, {"Details", component.details}});
  return {{"Platform", {{"Name", "Skein"}}},
          {"Components", components},
          {"Version", daemon.version},
          {"ApiVersion", max.text()},
          {"MinAPIVersion", min.text()},
          {"GitCommit", ""},
          {"GoVersion", ""},
          {"Os", "linux"},
          {"Arch", host.architecture()},
          {"KernelVersion", host.kernel},
          {"BuildTime", ""}};
}

}  // namespace skein::api
