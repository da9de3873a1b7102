// container_create_body of container_flags.h.
#include <charconv>
#include <filesystem>

#include "cmd/cli/container/container_flags.h"
#include "cmd/cli/container/health_flags.h"
#include "cmd/cli/container/mount_flags.h"
#include "cmd/cli/container/port_flags.h"
#include "cmd/cli/network/network_body.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

Json list_or_null(const std::vector<std::string>& texts) { return texts.empty() ? Json(nullptr) : Json(texts); }

Result<Json> restart_policy(const Flags& flags) {
  const std::string& text = flags.text("restart");
  const size_t colon = text.find(':');
  Json policy = {{"Name", text.substr(0, colon)}, {"MaximumRetryCount", 0}};
  if (colon != std::string::npos) {
    int count = 0;
    const auto [end, ec] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), count);
    if (ec != std::errc() || end != text.data() + text.size()) {
      return invalid_argument("invalid restart policy format: maximum retry count must be an integer");
    }
    policy["MaximumRetryCount"] = count;
  }
  if (flags.is_on("rm") && policy["Name"] != "no" && policy["Name"] != "") {
    return invalid_argument("conflicting options: cannot specify both --restart and --rm");
  }
  return policy;
}

Result<int64_t> size_of(const Flags& flags, std::string_view name) {
  if (!flags.is_set(name)) return 0;
  return parse_size(flags.text(name));
}

// -v: binds go to HostConfig.Binds, a lone path is an anonymous volume.
void add_volumes(const Flags& flags, Json& body) {
  Json binds = Json::array();
  Json volumes = Json::object();
  for (std::string volume : flags.list("volume")) {
    if (volume.find(':') == std::string::npos) {
      volumes[volume] = Json::object();
      continue;
    }
    if (volume[0] == '.' || volume[0] == '~') {
      const size_t colon = volume.find(':');
      volume = std::filesystem::weakly_canonical(volume.substr(0, colon)).string() + volume.substr(colon);
    }
    binds.push_back(volume);
  }
  body["Volumes"] = volumes;
  body["HostConfig"]["Binds"] = binds.empty() ? Json(nullptr) : binds;
}

Result<Json> mounts_of(const Flags& flags) {
  Json mounts = Json::array();
  for (const std::string& text : flags.list("mount")) {
    SKEIN_TRY_ASSIGN(const Json mount, parse_mount(text));
    mounts.push_back(mount);
  }
  return mounts;
}

Result<Json> ulimits_of(const Flags& flags) {
  Json ulimits = Json::array();
  for (const std::string& text : flags.list("ulimit")) {
    const size_t equals = text.find('=');
    const std::string limits = equals == std::string::npos ? "" : text.substr(equals + 1);
    const size_t colon = std::min(limits.find(':'), limits.size());
    int64_t soft = 0;
    if (std::from_chars(limits.data(), limits.data() + colon, soft).ec != std::errc())
      return invalid_argument("invalid ulimit argument: " + text);
    int64_t hard = soft;
    if (colon < limits.size()) std::from_chars(limits.data() + colon + 1, limits.data() + limits.size(), hard);
    ulimits.push_back({{"Name", text.substr(0, equals)}, {"Soft", soft}, {"Hard", hard}});
  }
  return ulimits;
}

// --network: the mode is the first one's name; every one may be "name=X,alias=a,ip=…".
Result<void> add_networks(const Flags& flags, Json& body) {
  Json endpoints = Json::object();
  std::string mode;
  for (const std::string& text : flags.list("network")) {
    std::string name = text;
    Json endpoint = Json::object();
    if (text.find('=') != std::string::npos) {
      name.clear();
      for (size_t start = 0; start <= text.size();) {
        const size_t comma = std::min(text.find(',', start), text.size());
        const std::string field = text.substr(start, comma - start);
        const size_t equals = std::min(field.find('='), field.size());
        const std::string key = field.substr(0, equals);
        const std::string value = field.substr(std::min(equals + 1, field.size()));
        start = comma + 1;
        if (key == "name") {
          name = value;
        } else if (key == "alias") {
          endpoint["Aliases"].push_back(value);
        } else if (key == "ip") {
          endpoint["IPAMConfig"]["IPv4Address"] = value;
        } else if (key == "driver-opt" && value.find('=') != std::string::npos) {
          endpoint["DriverOpts"][value.substr(0, value.find('='))] = value.substr(value.find('=') + 1);
        } else {
          return invalid_argument(
              std::string("invalid argument \"").append(text).append("\" for \"--network\" flag: invalid field ") +
              field);
        }
      }
    }
    if (mode.empty()) {
      mode = name;
      for (const std::string& alias : flags.list("network-alias")) endpoint["Aliases"].push_back(alias);
      if (flags.is_set("ip")) endpoint["IPAMConfig"]["IPv4Address"] = flags.text("ip");
      if (flags.is_set("mac-address")) endpoint["MacAddress"] = flags.text("mac-address");
      if (endpoint.empty() && flags.list("network").size() == 1) continue;  // the mode says it all
    }
    endpoints[name] = endpoint;
  }
  if (mode.empty() && flags.is_set("ip")) {
    return invalid_argument(
        "conflicting options: cannot specify an IP address without a user-defined network (--network)");
  }
  body["HostConfig"]["NetworkMode"] = mode.empty() ? "default" : mode;
  body["NetworkingConfig"] = {{"EndpointsConfig", endpoints}};
  return {};
}

Result<void> add_limits(const Flags& flags, Json& host) {
  SKEIN_TRY_ASSIGN(host["Memory"], size_of(flags, "memory"));
  SKEIN_TRY_ASSIGN(host["MemoryReservation"], size_of(flags, "memory-reservation"));
  SKEIN_TRY_ASSIGN(host["ShmSize"], size_of(flags, "shm-size"));
  if (flags.is_set("memory-swap")) {
    if (flags.text("memory-swap") == "-1") {
      host["MemorySwap"] = -1;
    } else {
      SKEIN_TRY_ASSIGN(host["MemorySwap"], parse_size(flags.text("memory-swap")));
    }
  }
  if (flags.is_set("cpus")) {
    SKEIN_TRY_ASSIGN(host["NanoCpus"], parse_cpus(flags.text("cpus")));
  }
  if (flags.is_set("cpu-shares")) host["CpuShares"] = flags.number("cpu-shares");
  if (flags.is_set("cpuset-cpus")) host["CpusetCpus"] = flags.text("cpuset-cpus");
  if (flags.is_set("pids-limit")) host["PidsLimit"] = flags.number("pids-limit");
  if (flags.is_set("oom-score-adj")) host["OomScoreAdj"] = flags.number("oom-score-adj");
  SKEIN_TRY_ASSIGN(host["Ulimits"], ulimits_of(flags));
  return {};
}

Json devices_of(const Flags& flags) {
  Json devices = Json::array();
  for (const std::string& text : flags.list("device")) {
    const size_t first = std::min(text.find(':'), text.size());
    const size_t second = std::min(text.find(':', first + 1), text.size());
    const std::string inside = first < text.size() ? text.substr(first + 1, second - first - 1) : text.substr(0, first);
    devices.push_back({{"PathOnHost", text.substr(0, first)},
                       {"PathInContainer", inside},
                       {"CgroupPermissions", second < text.size() ? text.substr(second + 1) : "rwm"}});
  }
  return devices;
}

Result<Json> host_config(const Flags& flags) {
  Json host = {{"AutoRemove", flags.is_on("rm")},
               {"CapAdd", list_or_null(flags.list("cap-add"))},
               {"CapDrop", list_or_null(flags.list("cap-drop"))},
               {"Devices", devices_of(flags)},
               {"Dns", flags.list("dns")},
               {"DnsOptions", flags.list("dns-option")},
               {"DnsSearch", flags.list("dns-search")},
               {"ExtraHosts", list_or_null(flags.list("add-host"))},
               {"GroupAdd", list_or_null(flags.list("group-add"))},
               {"IpcMode", flags.text("ipc")},
               {"LogConfig", {{"Type", flags.text("log-driver")}, {"Config", object_of(flags.list("log-opt"))}}},
               {"PidMode", flags.text("pid")},
               {"Privileged", flags.is_on("privileged")},
               {"PublishAllPorts", flags.is_on("publish-all")},
               {"ReadonlyRootfs", flags.is_on("read-only")},
               {"SecurityOpt", list_or_null(flags.list("security-opt"))},
               {"UTSMode", flags.text("uts")},
               {"UsernsMode", flags.text("userns")},
               {"VolumesFrom", list_or_null(flags.list("volumes-from"))}};
  SKEIN_TRY_ASSIGN(host["RestartPolicy"], restart_policy(flags));
  SKEIN_TRY(add_limits(flags, host));
  SKEIN_TRY_ASSIGN(Json mounts, mounts_of(flags));
  if (!mounts.empty()) host["Mounts"] = std::move(mounts);
  if (flags.is_set("init")) host["Init"] = flags.is_on("init");
  if (flags.is_set("runtime")) host["Runtime"] = flags.text("runtime");
  if (flags.is_set("sysctl")) host["Sysctls"] = object_of(flags.list("sysctl"));
  for (const std::string& text : flags.list("tmpfs")) {
    const size_t colon = text.find(':');
    host["Tmpfs"][text.substr(0, colon)] = colon == std::string::npos ? "" : text.substr(colon + 1);
  }
  return host;
}

}  // namespace

Result<Json> container_create_body(const std::vector<std::string>& words, const Flags& flags,
                                   const Attachment& attachment) {
  SKEIN_ASSERT(!words.empty());
  SKEIN_TRY_ASSIGN(const auto environment, environment_of(flags));
  const bool is_interactive = flags.is_on("interactive");
  Json body = {{"Hostname", flags.text("hostname")},
               {"Domainname", flags.text("domainname")},
               {"User", flags.text("user")},
               {"AttachStdin", attachment.has_stdin},
               {"AttachStdout", attachment.has_stdout},
               {"AttachStderr", attachment.has_stderr},
               {"Tty", flags.is_on("tty")},
               {"OpenStdin", is_interactive},
               {"StdinOnce", is_interactive && attachment.has_stdin},
               {"Env", list_or_null(environment)},
               {"Cmd", list_or_null({words.begin() + 1, words.end()})},
               {"Image", words[0]},
               {"WorkingDir", flags.text("workdir")},
               {"Entrypoint", nullptr},
               {"Labels", object_of(flags.list("label"))}};
  if (flags.is_set("entrypoint")) body["Entrypoint"] = Json::array({flags.text("entrypoint")});
  if (flags.is_set("stop-signal")) body["StopSignal"] = flags.text("stop-signal");
  if (flags.is_set("stop-timeout")) body["StopTimeout"] = flags.number("stop-timeout");
  SKEIN_TRY(apply_health(flags, body));
  SKEIN_TRY_ASSIGN(body["HostConfig"], host_config(flags));
  add_volumes(flags, body);
  SKEIN_TRY_ASSIGN(const PortBindings ports, parse_ports(flags.list("publish"), flags.list("expose")));
  body["HostConfig"]["PortBindings"] = ports.bindings;
  if (!ports.exposed.empty()) body["ExposedPorts"] = ports.exposed;
  SKEIN_TRY(add_networks(flags, body));
  return body;
}

}  // namespace skein::cli
