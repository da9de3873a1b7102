#include "cmd/cli/container/container_flags.h"

#include <cstdlib>
#include <fstream>

#include "cmd/cli/container/health_flags.h"
#include "cmd/cli/container/mount_flags.h"

namespace skein::cli {

std::vector<FlagSpec> container_flags() {
  std::vector<FlagSpec> flags = {
      {"add-host", 0, "list", "Add a custom host-to-IP mapping (host:ip)"},
      {"attach", 'a', "list", "Attach to STDIN, STDOUT or STDERR"},
      {"cap-add", 0, "list", "Add Linux capabilities"},
      {"cap-drop", 0, "list", "Drop Linux capabilities"},
      {"cidfile", 0, "string", "Write the container ID to the file"},
      {"cpu-shares", 'c', "int", "CPU shares (relative weight)"},
      {"cpus", 0, "decimal", "Number of CPUs"},
      {"cpuset-cpus", 0, "string", "CPUs in which to allow execution (0-3, 0,1)"},
      {"device", 0, "list", "Add a host device to the container"},
      {"dns", 0, "list", "Set custom DNS servers"},
      {"dns-option", 0, "list", "Set DNS options", "", "dns-opt"},
      {"dns-search", 0, "list", "Set custom DNS search domains"},
      {"domainname", 0, "string", "Container NIS domain name"},
      {"entrypoint", 0, "string", "Overwrite the default ENTRYPOINT of the image"},
      {"env", 'e', "list", "Set environment variables"},
      {"env-file", 0, "list", "Read in a file of environment variables"},
      {"expose", 0, "list", "Expose a port"},
      {"group-add", 0, "list", "Add additional groups to join"},
      {"hostname", 'h', "string", "Container host name"},
      {"init", 0, "", "Run an init inside the container that forwards signals and reaps processes"},
      {"interactive", 'i', "", "Keep STDIN open even if not attached"},
      {"ip", 0, "string", "IPv4 address (e.g., 172.30.100.104)"},
      {"ipc", 0, "string", "IPC mode to use"},
      {"label", 'l', "list", "Set meta data on a container"},
      {"log-driver", 0, "string", "Logging driver for the container"},
      {"log-opt", 0, "list", "Log driver options"},
      {"mac-address", 0, "string", "Container MAC address (e.g., 92:d0:c6:0a:29:33)"},
      {"memory", 'm', "bytes", "Memory limit"},
      {"memory-reservation", 0, "bytes", "Memory soft limit"},
      {"memory-swap", 0, "string", "Memory plus swap; '-1' for unlimited swap"},
      {"mount", 0, "mount", "Attach a filesystem mount to the container", {}, {}, parses<parse_mount>},
      {"name", 0, "string", "Assign a name to the container"},
      {"network", 0, "network", "Connect a container to a network", "", "net"},
      {"network-alias", 0, "list", "Add network-scoped alias for the container", "", "net-alias"},
      {"oom-score-adj", 0, "int", "Tune host's OOM preferences (-1000 to 1000)"},
      {"pid", 0, "string", "PID namespace to use"},
      {"pids-limit", 0, "int", "Container's limit of processes (-1 for unlimited)"},
      {"platform", 0, "string", "Platform of the image"},
      {"privileged", 0, "", "Give extended privileges to this container"},
      {"publish", 'p', "list", "Publish a container's port(s) to the host"},
      {"publish-all", 'P', "", "Publish all exposed ports to random ports"},
      {"pull", 0, "string", "Pull image before running (\"always\", \"missing\", \"never\")", "missing"},
      {"quiet", 'q', "", "Suppress the pull output"},
      {"read-only", 0, "", "Mount the container's root filesystem as read only"},
      {"restart", 0, "string", "Restart policy to apply when a container exits", "no"},
      {"rm", 0, "", "Automatically remove the container and its anonymous volumes when it exits"},
      {"runtime", 0, "string", "Runtime to use for this container"},
      {"security-opt", 0, "list", "Security Options"},
      {"shm-size", 0, "bytes", "Size of /dev/shm"},
      {"stop-signal", 0, "string", "Signal to stop the container"},
      {"stop-timeout", 0, "int", "Timeout (in seconds) to stop a container"},
      {"sysctl", 0, "map", "Sysctl options"},
      {"tmpfs", 0, "list", "Mount a tmpfs directory"},
      {"tty", 't', "", "Allocate a pseudo-TTY"},
      {"ulimit", 0, "ulimit", "Ulimit options"},
      {"user", 'u', "string", "Username or UID (format: <name|uid>[:<group|gid>])"},
      {"userns", 0, "string", "User namespace to use"},
      {"uts", 0, "string", "UTS namespace to use"},
      {"volume", 'v', "list", "Bind mount a volume"},
      {"volumes-from", 0, "list", "Mount volumes from the specified container(s)"},
      {"workdir", 'w', "string", "Working directory inside the container"},
  };
  for (FlagSpec& flag : health_flags(false)) flags.push_back(std::move(flag));
  return flags;
}

Result<Attachment> attachment_of(const Flags& flags, bool is_detached) {
  Attachment attachment;
  const auto streams = flags.list("attach");
  if (is_detached) {
    if (!streams.empty())
      return make_error(Code::kInvalidArgument, "conflicting options: cannot specify both --attach and --detach");
    return attachment;
  }
  for (const std::string& stream : streams) {
    if (stream == "stdin" || stream == "STDIN") {
      attachment.has_stdin = true;
    } else if (stream == "stdout" || stream == "STDOUT") {
      attachment.has_stdout = true;
    } else if (stream == "stderr" || stream == "STDERR") {
      attachment.has_stderr = true;
    } else {
      return make_error(
          Code::kInvalidArgument,
          "invalid argument \"" + stream + "\" for \"-a, --attach\" flag: valid streams are STDIN, STDOUT and STDERR");
    }
  }
  if (streams.empty()) {
    attachment = {flags.is_on("interactive"), true, true};
  }
  return attachment;
}

namespace {

void add_variable(std::vector<std::string>& variables, const std::string& text) {
  if (text.find('=') != std::string::npos) {
    variables.push_back(text);
  } else if (const char* const value = std::getenv(text.c_str()); value != nullptr) {
    variables.push_back(text + "=" + value);
  }
}

}  // namespace

Result<std::vector<std::string>> environment_files(const Flags& flags) {
  std::vector<std::string> variables;
  for (const std::string& path : flags.list("env-file")) {
    std::ifstream file(path);
    if (!file) return make_error(Code::kNotFound, "open " + path + ": no such file or directory");
    for (std::string line; std::getline(file, line);) {
      if (line.ends_with('\r')) line.pop_back();
      const size_t start = line.find_first_not_of(" \t");
      if (start == std::string::npos || line[start] == '#') continue;
      add_variable(variables, line.substr(start));
    }
  }
  return variables;
}

Result<std::vector<std::string>> environment_of(const Flags& flags) {
  SKEIN_TRY_ASSIGN(std::vector<std::string> variables, environment_files(flags));
  for (const std::string& text : flags.list("env")) add_variable(variables, text);
  return variables;
}

}  // namespace skein::cli
