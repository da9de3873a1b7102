#include "engine/podman/config.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/text/json_text.h"
#include "engine/podman/spec/create_spec.h"

namespace skein::engine {
namespace {

// What the engine sets when nothing is configured.
constexpr uint64_t kEngineOpenFiles = 1048576;
constexpr uint64_t kEngineTasks = 1048576;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string containers_conf(const PodmanOptions& options) {
  std::string text = "[containers]\n";
  std::string limits;
  auto add_limit = [&](const char* name, uint64_t max) {
    if (max == 0) return;
    if (!limits.empty()) limits += ", ";
    limits += quoted(std::string(name) + "=" + std::to_string(max) + ":" + std::to_string(max));
  };
  add_limit("nofile", options.open_files_max);
  add_limit("nproc", options.tasks_max);
  if (!limits.empty()) text += "default_ulimits = [" + limits + "]\n";
  text +=
      "base_hosts_file = \"none\"\n"
      "cgroupns = \"private\"\n"
      "log_size_max = -1\n";
  text += "log_driver = " + quoted(kLogDriver) + "\n";
  text += "\n[engine]\ncgroup_manager = " + quoted(kCgroupManager) + "\n";
  text +=
      "events_logger = \"file\"\n"
      "num_locks = 16384\n";
  text += "events_logfile_path = " + quoted(options.run_folder + "/events.log") + "\n";
  text += "runtime = " + quoted(options.runtime) + "\n";
  text += "hooks_dir = [" + quoted(options.config_folder) + "]\n";
  if (!options.init_program.empty()) text += "init_path = " + quoted(options.init_program) + "\n";
  text += "\n[network]\nnetwork_config_dir = " + quoted(options.run_folder + "/networks") + "\n";
  return text;
}

std::string storage_conf(const PodmanOptions& options) {
  return "[storage]\ndriver = " + quoted(kStorageDriver) +
         "\ngraphroot = " + quoted(options.state_folder + "/storage") + "\nrunroot = " + quoted(options.run_folder) +
         "\n";
}

std::string registries_conf(const PodmanOptions& options) {
  std::string text = "unqualified-search-registries = [\"docker.io\"]\nshort-name-mode = \"permissive\"\n";
  for (const auto& registry : options.insecure_registries)
    text += "\n[[registry]]\nlocation = " + quoted(registry) + "\ninsecure = true\n";
  return text;
}

// Of the OCI configuration of each container, on its way to the runtime: one line of JSON.
std::string unset_hook() {
  const std::string variable = std::string("\"[A-Za-z]+=") + kUnsetValue + "\"";
  const std::string script = "s/," + variable + "//g;s/" + variable + ",//g";
  return json_text(nlohmann::json{{"version", "1.0.0"},
                                  {"hook", {{"path", "/bin/sed"}, {"args", {"sed", "-E", script}}}},
                                  {"when", {{"always", true}}},
                                  {"stages", {"precreate"}}});
}

uint64_t limit_below(int resource, uint64_t wanted) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return 0;
  return limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= wanted ? 0 : limit.rlim_max;
}

std::string temporary_folder(const PodmanOptions& options) { return options.run_folder + "/libpod"; }

}  // namespace

void detect_limits(PodmanOptions& options) {
  options.open_files_max = limit_below(RLIMIT_NOFILE, kEngineOpenFiles);
  options.tasks_max = limit_below(RLIMIT_NPROC, kEngineTasks);
  // Podman lowers its own limit to pid_max, and so its containers' too.
  uint64_t pid_max = 0;
  std::ifstream("/proc/sys/kernel/pid_max") >> pid_max;
  if (options.tasks_max != 0 && pid_max != 0) options.tasks_max = std::min(options.tasks_max, pid_max);
}

void detect_init(PodmanOptions& options) {
  for (const char* program : {"/usr/libexec/podman/catatonit", "/usr/bin/catatonit", "/usr/bin/tini-static"}) {
    if (::access(program, X_OK) != 0) continue;
    options.init_program = program;
    return;
  }
}

std::map<std::string, std::string> podman_config_files(const PodmanOptions& options) {
  return {{"containers.conf", containers_conf(options)},
          {"unset.json", unset_hook()},
          {"storage.conf", storage_conf(options)},
          {"registries.conf", registries_conf(options)}};
}

std::string podman_exits_folder(const PodmanOptions& options) { return temporary_folder(options) + "/exits"; }

std::string podman_monitor_folder(const PodmanOptions& options, const std::string& id) {
  return options.state_folder + "/storage/" + kStorageDriver + "-containers/" + id + "/userdata";
}

std::string podman_container_configuration(const PodmanOptions& options, const std::string& id) {
  return podman_monitor_folder(options, id) + "/config.json";
}

std::vector<std::string> podman_command(const PodmanOptions& options) {
  return {options.program, "--tmpdir", temporary_folder(options),      "system", "service",
          "--time",        "0",        "unix://" + options.socket_path};
}

std::map<std::string, std::string> podman_environment(const PodmanOptions& options) {
  return {{"CONTAINERS_CONF", options.config_folder + "/containers.conf"},
          {"CONTAINERS_STORAGE_CONF", options.config_folder + "/storage.conf"},
          {"CONTAINERS_REGISTRIES_CONF", options.config_folder + "/registries.conf"}};
}

}  // namespace skein::engine
