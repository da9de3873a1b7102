#include "engine/exec/request/exec_spec.h"

#include <algorithm>
#include <array>

#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

constexpr const char* kDefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// By number (capabilities(7)).
constexpr std::array kCapabilities{"CHOWN",
                                   "DAC_OVERRIDE",
                                   "DAC_READ_SEARCH",
                                   "FOWNER",
                                   "FSETID",
                                   "KILL",
                                   "SETGID",
                                   "SETUID",
                                   "SETPCAP",
                                   "LINUX_IMMUTABLE",
                                   "NET_BIND_SERVICE",
                                   "NET_BROADCAST",
                                   "NET_ADMIN",
                                   "NET_RAW",
                                   "IPC_LOCK",
                                   "IPC_OWNER",
                                   "SYS_MODULE",
                                   "SYS_RAWIO",
                                   "SYS_CHROOT",
                                   "SYS_PTRACE",
                                   "SYS_PACCT",
                                   "SYS_ADMIN",
                                   "SYS_BOOT",
                                   "SYS_NICE",
                                   "SYS_RESOURCE",
                                   "SYS_TIME",
                                   "SYS_TTY_CONFIG",
                                   "MKNOD",
                                   "LEASE",
                                   "AUDIT_WRITE",
                                   "AUDIT_CONTROL",
                                   "SETFCAP",
                                   "MAC_OVERRIDE",
                                   "MAC_ADMIN",
                                   "SYSLOG",
                                   "WAKE_ALARM",
                                   "BLOCK_SUSPEND",
                                   "AUDIT_READ",
                                   "PERFMON",
                                   "BPF",
                                   "CHECKPOINT_RESTORE"};

std::string name_of_variable(const std::string& variable) { return variable.substr(0, variable.find('=')); }

void put_variable(std::vector<std::string>& environment, const std::string& variable) {
  const auto found = std::find_if(environment.begin(), environment.end(), [&](const std::string& known) {
    return name_of_variable(known) == name_of_variable(variable);
  });
  const bool is_set = variable.find('=') != std::string::npos;
  if (found == environment.end()) {
    if (is_set) environment.push_back(variable);
  } else if (is_set) {
    *found = variable;
  } else {
    environment.erase(found);
  }
}

// As the container's own process was given them; the kernel takes them from users other than root.
json capabilities_of(const json& container_process, const std::vector<std::string>* all) {
  const json given = all != nullptr ? json(*all) : json(texts_of(at(container_process, "capabilities"), "bounding"));
  return {{"bounding", given}, {"effective", given}, {"permitted", given}};
}

}  // namespace

std::vector<std::string> exec_environment(const ExecContainer& container, const ExecRequest& request,
                                          const std::string& home) {
  std::vector<std::string> out{kDefaultPath, "HOSTNAME=" + container.hostname};
  if (request.has_terminal) out.emplace_back("TERM=xterm");
  for (const std::string& variable : container.environment) put_variable(out, variable);
  for (const std::string& variable : request.environment) put_variable(out, variable);
  const bool has_home =
      std::any_of(out.begin(), out.end(), [](const auto& known) { return known.starts_with("HOME="); });
  if (!has_home) out.push_back("HOME=" + (home.empty() ? "/" : home));
  return out;
}

Result<json> exec_spec(json container_process, const ExecContainer& container, const ExecRequest& request,
                       const AccountFiles& files, const std::vector<std::string>& all_capabilities) {
  if (!at(container_process, "user").is_object() || !at(at(container_process, "user"), "uid").is_number_unsigned())
    return make_error(Code::kUnavailable, "the configuration of container " + container.id + " is damaged");
  if (!request.working_folder.empty() && !request.working_folder.starts_with('/'))
    return make_error(Code::kUnknown, "OCI runtime exec failed: exec failed: Cwd must be an absolute path: unknown");
  json& spec = container_process;
  const std::string own_home = home_of(files, spec["user"]["uid"].get<uint32_t>()).value_or("");
  std::string home;
  if (const std::string wanted = request.user.empty() ? container.user : request.user; wanted.empty()) {
    home = own_home;
  } else {
    SKEIN_TRY_ASSIGN(const ExecUser user, find_user(files, wanted, container.groups));
    home = user.home;
    std::vector<uint32_t> groups{user.gid};
    groups.insert(groups.end(), user.groups.begin(), user.groups.end());
    spec["user"]["uid"] = user.uid;
    spec["user"]["gid"] = user.gid;
    spec["user"]["additionalGids"] = groups;
  }
  spec["args"] = request.command;
  // The engine shows the home of the container's own user among its variables.
  ExecContainer asked = container;
  std::erase(asked.environment, "HOME=" + (own_home.empty() ? "/" : own_home));
  spec["env"] = exec_environment(asked, request, home);
  spec["terminal"] = request.has_terminal;
  spec["capabilities"] = capabilities_of(spec, request.is_privileged ? &all_capabilities : nullptr);
  if (!request.working_folder.empty()) spec["cwd"] = request.working_folder;
  if (text_of(spec, "cwd").empty()) spec["cwd"] = "/";
  spec.erase("consoleSize");
  if (request.has_terminal && request.console)
    spec["consoleSize"] = {{"height", request.console->rows}, {"width", request.console->columns}};
  return spec;
}

std::vector<std::string> capability_names(uint64_t mask) {
  std::vector<std::string> names;
  for (size_t bit = 0; bit < kCapabilities.size(); ++bit)
    if ((mask >> bit & 1) != 0) names.push_back(std::string("CAP_") + kCapabilities[bit]);
  return names;
}

}  // namespace skein::engine
