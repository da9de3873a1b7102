#include "cmd/cli/service/spec/service_flags.h"

#include "base/text/shell_words.h"
#include "cmd/cli/container/health_flags.h"
#include "cmd/cli/container/mount_flags.h"
#include "cmd/cli/secret/secret_flags.h"
#include "cmd/cli/service/spec/service_ports.h"
#include "cmd/cli/service/spec/service_values.h"

namespace skein::cli {

namespace {

using Check = Result<void> (*)(const std::string&);

// A list: --name of `create`; --name-add, --name-rm of `update`. Removals are named by a key, so that the values'
// check does not fit them, with few exceptions.
struct ListFlag {
  const char* name;
  char letter;
  const char* type;
  const char* help;
  const char* help_add;
  const char* help_remove;
  Check check = nullptr;
  bool is_removal_alike = false;
};

const ListFlag kLists[] = {
    {"config", 0, "config", "Specify configurations to expose to the service",
     "Add or update a config file on a service", "Remove a configuration file", check_config},
    {"constraint", 0, "list", "Placement constraints", "Add or update a placement constraint", "Remove a constraint"},
    {"container-label", 0, "list", "Container labels", "Add or update a container label",
     "Remove a container label by its key", check_label},
    {"dns", 0, "list", "Set custom DNS servers", "Add or update a custom DNS server", "Remove a custom DNS server",
     check_address},
    {"dns-option", 0, "list", "Set DNS options", "Add or update a DNS option", "Remove a DNS option"},
    {"dns-search", 0, "list", "Set custom DNS search domains", "Add or update a custom DNS search domain",
     "Remove a DNS search domain", check_domain},
    {"env", 'e', "list", "Set environment variables", "Add or update an environment variable",
     "Remove an environment variable", check_variable},
    {"generic-resource", 0, "list", "User defined resources", "Add a Generic resource", "Remove a Generic resource",
     parses<resource_pair>},
    {"group", 0, "list", "Set one or more supplementary user groups for the container",
     "Add an additional supplementary user group to the container",
     "Remove a previously added supplementary user group from the container"},
    {"host", 0, "list", "Set one or more custom host-to-IP mappings (host:ip)",
     "Add a custom host-to-IP mapping (\"host:ip\")", "Remove a custom host-to-IP mapping (\"host:ip\")",
     parses<hosts_line>},
    {"label", 'l', "list", "Service labels", "Add or update a service label", "Remove a label by its key", check_label},
    {"mount", 0, "mount", "Attach a filesystem mount to the service", "Add or update a mount on a service",
     "Remove a mount by its target path", parses<parse_mount>},
    {"network", 0, "network", "Network attachments", "Add a network", "Remove a network", parses<parse_attachment>},
    {"placement-pref", 0, "pref", "Add a placement preference", "Add a placement preference",
     "Remove a placement preference", parses<parse_preference>, true},
    {"publish", 'p', "port", "Publish a port as a node port", "Add or update a published port",
     "Remove a published port by its target port", parses<parse_service_port>, true},
    {"secret", 0, "secret", "Specify secrets to expose to the service", "Add or update a secret on a service",
     "Remove a secret", check_secret},
    {"sysctl", 0, "list", "Sysctl options", "Add or update a Sysctl option", "Remove a Sysctl option"},
    {"ulimit", 0, "ulimit", "Ulimit options", "Add or update a ulimit option", "Remove a ulimit option",
     parses<parse_ulimit>},
};

// A single value; `initial` is the default that `create` tells.
struct ValueFlag {
  const char* name;
  char letter;
  const char* type;
  const char* help;
  const char* initial = "";
  Check check = nullptr;
};

const ValueFlag kValues[] = {
    {"cap-add", 0, "list", "Add Linux capabilities"},
    {"cap-drop", 0, "list", "Drop Linux capabilities"},
    {"credential-spec", 0, "credential-spec", "Credential spec for managed service account (Windows only)", "",
     check_credential_spec},
    {"detach", 'd', "", "Exit immediately instead of waiting for the service to converge"},
    {"endpoint-mode", 0, "string", "Endpoint mode (vip or dnsrr)", "vip"},
    {"entrypoint", 0, "command", "Overwrite the default ENTRYPOINT of the image", "", parses<split_shell_words>},
    {"hostname", 0, "string", "Container hostname"},
    {"init", 0, "", "Use an init inside each service container to forward signals and reap processes"},
    {"isolation", 0, "string", "Service container isolation mode"},
    {"limit-cpu", 0, "decimal", "Limit CPUs"},
    {"limit-memory", 0, "bytes", "Limit Memory"},
    {"limit-pids", 0, "int", "Limit maximum number of processes (default 0 = unlimited)"},
    {"log-driver", 0, "string", "Logging driver for service"},
    {"log-opt", 0, "list", "Logging driver options", "", check_variable},
    {"max-concurrent", 0, "uint", "Number of job tasks to run concurrently (default equal to --replicas)"},
    {"no-resolve-image", 0, "", "Do not query the registry to resolve image digest and supported platforms"},
    {"quiet", 'q', "", "Suppress progress output"},
    {"read-only", 0, "", "Mount the container's root filesystem as read only"},
    {"replicas", 0, "uint", "Number of tasks"},
    {"replicas-max-per-node", 0, "uint", "Maximum number of tasks per node (default 0 = unlimited)"},
    {"reserve-cpu", 0, "decimal", "Reserve CPUs"},
    {"reserve-memory", 0, "bytes", "Reserve Memory"},
    {"restart-condition", 0, "string", "Restart when condition is met (\"none\", \"on-failure\", \"any\")", "any"},
    {"restart-delay", 0, "duration", "Delay between restart attempts (ns|us|ms|s|m|h)", "5s"},
    {"restart-max-attempts", 0, "uint", "Maximum number of restarts before giving up"},
    {"restart-window", 0, "duration", "Window used to evaluate the restart policy (ns|us|ms|s|m|h)"},
    {"rollback-delay", 0, "duration", "Delay between task rollbacks (ns|us|ms|s|m|h)", "0s"},
    {"rollback-failure-action", 0, "string", "Action on rollback failure (\"pause\", \"continue\")", "pause"},
    {"rollback-max-failure-ratio", 0, "float", "Failure rate to tolerate during a rollback", "0"},
    {"rollback-monitor", 0, "duration", "Duration after each task rollback to monitor for failure (ns|us|ms|s|m|h)",
     "5s"},
    {"rollback-order", 0, "string", "Rollback order (\"start-first\", \"stop-first\")", "stop-first"},
    {"rollback-parallelism", 0, "uint",
     "Maximum number of tasks rolled back simultaneously (0 to roll back all at once)", "1"},
    {"stop-grace-period", 0, "duration", "Time to wait before force killing a container (ns|us|ms|s|m|h)", "10s"},
    {"stop-signal", 0, "string", "Signal to stop the container"},
    {"tty", 't', "", "Allocate a pseudo-TTY"},
    {"update-delay", 0, "duration", "Delay between updates (ns|us|ms|s|m|h)", "0s"},
    {"update-failure-action", 0, "string", "Action on update failure (\"pause\", \"continue\", \"rollback\")", "pause"},
    {"update-max-failure-ratio", 0, "float", "Failure rate to tolerate during an update", "0"},
    {"update-monitor", 0, "duration", "Duration after each task update to monitor for failure (ns|us|ms|s|m|h)", "5s"},
    {"update-order", 0, "string", "Update order (\"start-first\", \"stop-first\")", "stop-first"},
    {"update-parallelism", 0, "uint", "Maximum number of tasks updated simultaneously (0 to update all at once)", "1"},
    {"user", 'u', "string", "Username or UID (format: <name|uid>[:<group|gid>])"},
    {"with-registry-auth", 0, "", "Send registry authentication details to swarm agents"},
    {"workdir", 'w', "string", "Working directory inside the container"},
};

std::vector<FlagSpec> common_flags(bool has_defaults) {
  std::vector<FlagSpec> flags = health_flags(true);
  for (const ValueFlag& value : kValues) {
    flags.push_back(
        {value.name, value.letter, value.type, value.help, has_defaults ? value.initial : "", {}, value.check});
  }
  return flags;
}

}  // namespace

std::vector<FlagSpec> service_create_flags() {
  std::vector<FlagSpec> flags = common_flags(true);
  for (const ListFlag& list : kLists)
    flags.push_back({list.name, list.letter, list.type, list.help, {}, {}, list.check});
  flags.push_back({"env-file", 0, "list", "Read in a file of environment variables"});
  flags.push_back({"mode", 0, "string", "Service mode (\"replicated\", \"global\", \"replicated-job\", \"global-job\")",
                   "replicated"});
  flags.push_back({"name", 0, "string", "Service name"});
  return flags;
}

std::vector<FlagSpec> service_update_flags() {
  std::vector<FlagSpec> flags = common_flags(false);
  for (const ListFlag& list : kLists) {
    const std::string name = list.name;
    flags.push_back({name + "-add", 0, list.type, list.help_add, {}, {}, list.check});
    flags.push_back({name + "-rm",
                     0,
                     list.is_removal_alike ? list.type : "list",
                     list.help_remove,
                     {},
                     {},
                     list.is_removal_alike ? list.check : nullptr});
  }
  flags.push_back({"args", 0, "command", "Service command args", {}, {}, parses<split_shell_words>});
  flags.push_back({"force", 0, "", "Force update even if no changes require it"});
  flags.push_back({"image", 0, "string", "Service image tag"});
  flags.push_back({"rollback", 0, "", "Rollback to previous specification"});
  return flags;
}

}  // namespace skein::cli
