// The commands of containers, with their flags; those with streams are in container_start.cc, lists and logs in
// container_show.cc.
#include "base/text/json_text.h"
#include "cmd/cli/container/container_flags.h"
#include "cmd/cli/container/container_show.h"
#include "cmd/cli/container/container_start.h"
#include "cmd/cli/container/copy.h"
#include "cmd/cli/show/printing.h"

namespace skein::cli {

namespace {

// POST /containers/X/<verb> for each argument.
Handler post_each(const std::string& verb, std::function<Parameters(const Flags&)> parameters) {
  return [verb, parameters](Invocation& call) -> Result<int> {
    return for_each_argument(call, [&](const std::string& name) -> Result<void> {
      SKEIN_TRY(call.daemon.post(path_of("/containers/", name, verb), parameters(call.flags)));
      return {};
    });
  };
}

Parameters none(const Flags&) { return {}; }

Parameters stop_parameters(const Flags& flags) {
  Parameters parameters;
  if (flags.is_set("signal")) parameters.emplace_back("signal", flags.text("signal"));
  if (flags.is_set("timeout")) parameters.emplace_back("t", flags.text("timeout"));
  return parameters;
}

Parameters kill_parameters(const Flags& flags) {
  if (!flags.is_set("signal")) return {};
  return {{"signal", flags.text("signal")}};
}

Result<int> remove_container(Invocation& call) {
  Parameters parameters;
  if (call.flags.is_on("force")) parameters.emplace_back("force", "1");
  if (call.flags.is_on("link")) parameters.emplace_back("link", "1");
  if (call.flags.is_on("volumes")) parameters.emplace_back("v", "1");
  const bool is_forced = call.flags.is_on("force");
  int status = 0;
  for (const std::string& name : call.arguments) {
    const auto done = call.daemon.remove(path_of("/containers/", name), parameters);
    if (done.ok()) {
      print_line(name);
      continue;
    }
    print_error(done.error().text());
    if (!is_forced || done.error().code != Code::kNotFound) status = 1;
  }
  return status;
}

Result<int> rename(Invocation& call) {
  SKEIN_TRY(call.daemon.post(path_of("/containers/", call.argument(0), "/rename"), {{"name", call.argument(1)}}));
  return 0;
}

Result<int> wait(Invocation& call) {
  int status = 0;
  for (const std::string& name : call.arguments) {
    const auto answer = call.daemon.post(path_of("/containers/", name, "/wait"));
    if (answer.ok()) {
      print_line(text_at(*answer, "StatusCode"));
    } else {
      print_error(answer.error().text());
      status = 1;
    }
  }
  return status;
}

Result<int> prune_containers(Invocation& call) {
  if (!is_confirmed(call, "WARNING! This will remove all stopped containers.")) {
    return make_error(Code::kCanceled, "container prune has been cancelled");
  }
  const Parameters filters = filter_parameters(call.flags.list("filter"));
  SKEIN_TRY_ASSIGN(const Json answer, call.daemon.post("/containers/prune", filters));
  if (const Json& deleted = at(answer, "ContainersDeleted"); deleted.is_array() && !deleted.empty()) {
    print_line("Deleted Containers:");
    for (const Json& id : deleted) print_line(id.is_string() ? id.get<std::string>() : json_text(id));
    print_line("");
  }
  print_line("Total reclaimed space: " + show_size(static_cast<double>(number_at(answer, "SpaceReclaimed"))));
  return 0;
}

const FlagSpec kDetachKeys{"detach-keys", 0, "string", "The keys that detach from a container"};
const FlagSpec kSignalProxy{"sig-proxy", 0, "", "Pass signals on to the process (default true)", "true"};

std::vector<FlagSpec> run_flags() {
  auto flags = container_flags();
  flags.push_back({"detach", 'd', "", "Run container in background and print container ID"});
  flags.push_back(kDetachKeys);
  flags.push_back(kSignalProxy);
  return flags;
}

std::vector<FlagSpec> stop_flags() {
  return {{"signal", 's', "string", "Signal to send to the container"},
          {"timeout", 't', "int", "Seconds to wait before killing the container", "", "time"}};
}

std::vector<FlagSpec> log_flags() {
  return {
      {"details", 0, "", "Show extra details provided to logs"},
      {"follow", 'f', "", "Follow log output"},
      {"since", 0, "string", "Show logs since a time (e.g. \"2013-01-02T13:23:37Z\") or a duration ago (e.g. \"42m\")"},
      {"tail", 'n', "string", "Number of lines to show from the end of the logs", "all"},
      {"timestamps", 't', "", "Show timestamps"},
      {"until", 0, "string", "Show logs before a time or a duration ago"}};
}

std::vector<FlagSpec> list_flags() {
  return {{"all", 'a', "", "Show all containers (default shows just running)"},
          filter_flag(),
          format_flag(),
          {"last", 'n', "int", "Show n last created containers (includes all states)", "-1"},
          {"latest", 'l', "", "Show the latest created container (includes all states)"},
          {"no-trunc", 0, "", "Don't truncate output"},
          quiet_flag(),
          {"size", 's', "", "Display total file sizes"}};
}

// Commands with the terminal on a container.
std::vector<Command> stream_commands() {
  std::vector<Command> commands = {
      {"attach",
       "[OPTIONS] CONTAINER",
       "Attach local standard input, output, and error streams to a running container",
       {1, 1},
       {kDetachKeys, {"no-stdin", 0, "", "Do not attach STDIN"}, kSignalProxy},
       attach_container},
      {"create",
       "[OPTIONS] IMAGE [COMMAND] [ARG...]",
       "Create a new container",
       {1, kAnyNumber},
       container_flags(),
       create_container},
      {"exec",
       "[OPTIONS] CONTAINER COMMAND [ARG...]",
       "Execute a command in a running container",
       {2, kAnyNumber},
       {{"detach", 'd', "", "Run the command in the background"},
        kDetachKeys,
        {"env", 'e', "list", "Set environment variables"},
        {"env-file", 0, "list", "Read in a file of environment variables"},
        {"interactive", 'i', "", "Keep STDIN open even if not attached"},
        {"privileged", 0, "", "Give extended privileges to the command"},
        {"tty", 't', "", "Allocate a pseudo-TTY"},
        {"user", 'u', "string", "Username or UID (format: \"<name|uid>[:<group|gid>]\")"},
        {"workdir", 'w', "string", "Working directory inside the container"}},
       exec_command},
      {"run",
       "[OPTIONS] IMAGE [COMMAND] [ARG...]",
       "Create and run a new container from an image",
       {1, kAnyNumber},
       run_flags(),
       run_container},
      {"start",
       "[OPTIONS] CONTAINER [CONTAINER...]",
       "Start one or more stopped containers",
       {1, kAnyNumber},
       {{"attach", 'a', "", "Attach STDOUT/STDERR and forward signals"},
        kDetachKeys,
        {"interactive", 'i', "", "Attach container's STDIN"},
        {"sig-proxy", 0, "", "", "true"}},
       start_containers},
  };
  for (Command& command : commands) {
    const bool has_inner_words = command.name == "run" || command.name == "create" || command.name == "exec";
    if (has_inner_words) command.order = WordOrder::kFlagsFirst;
    command.starts_containers = command.name == "run";
  }
  return commands;
}

}  // namespace

std::vector<Command> container_commands() {
  std::vector<Command> commands = {
      {"cp",
       "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tskein cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
       "Copy files/folders between a container and the local filesystem",
       {2, 2},
       {{"archive", 'a', "", "Keep user and group ids"},
        {"follow-link", 'L', "", "Follow a symbolic link as SRC_PATH"},
        {"quiet", 'q', "", "Suppress progress output"}},
       copy_files},
      {"inspect",
       "[OPTIONS] CONTAINER [CONTAINER...]",
       "Display detailed information on one or more containers",
       {1, kAnyNumber},
       {format_flag('f'), {"size", 's', "", "Display total file sizes"}},
       inspect_containers},
      {"kill",
       "[OPTIONS] CONTAINER [CONTAINER...]",
       "Kill one or more running containers",
       {1, kAnyNumber},
       {{"signal", 's', "string", "Signal to send to the container"}},
       post_each("/kill", kill_parameters)},
      {"logs", "[OPTIONS] CONTAINER", "Fetch the logs of a container", {1, 1}, log_flags(), show_logs},
      {"ls", "[OPTIONS]", "List containers", {0, 0}, list_flags(), list_containers, {"list", "ps"}},
      {"pause",
       "CONTAINER [CONTAINER...]",
       "Pause all processes within one or more containers",
       {1, kAnyNumber},
       {},
       post_each("/pause", none)},
      {"port",
       "CONTAINER [PRIVATE_PORT[/PROTO]]",
       "List port mappings or a specific mapping for the container",
       {1, 2},
       {},
       show_ports},
      {"prune",
       "[OPTIONS]",
       "Remove all stopped containers",
       {0, 0},
       {prune_filter_flag(), {"force", 'f', "", "Do not prompt for confirmation"}},
       prune_containers},
      {"rename", "CONTAINER NEW_NAME", "Rename a container", {2, 2}, {}, rename},
      {"restart",
       "[OPTIONS] CONTAINER [CONTAINER...]",
       "Restart one or more containers",
       {1, kAnyNumber},
       stop_flags(),
       post_each("/restart", stop_parameters)},
      {"rm",
       "[OPTIONS] CONTAINER [CONTAINER...]",
       "Remove one or more containers",
       {1, kAnyNumber},
       {{"force", 'f', "", "Force the removal of a running container (uses SIGKILL)"},
        {"link", 'l', "", "Remove the specified link"},
        {"volumes", 'v', "", "Remove anonymous volumes associated with the container"}},
       remove_container,
       {"remove"}},
      {"stats",
       "[OPTIONS] [CONTAINER...]",
       "Display a live stream of container(s) resource usage statistics",
       {0, kAnyNumber},
       {{"all", 'a', "", "Show all containers (default shows just running)"},
        format_flag(),
        {"no-stream", 0, "", "Show the first result only"},
        {"no-trunc", 0, "", "Do not truncate output"}},
       show_stats},
      {"stop",
       "[OPTIONS] CONTAINER [CONTAINER...]",
       "Stop one or more running containers",
       {1, kAnyNumber},
       stop_flags(),
       post_each("/stop", stop_parameters)},
      {"top", "CONTAINER [ps OPTIONS]", "Display the running processes of a container", {1, kAnyNumber}, {}, show_top},
      {"unpause",
       "CONTAINER [CONTAINER...]",
       "Unpause all processes within one or more containers",
       {1, kAnyNumber},
       {},
       post_each("/unpause", none)},
      {"wait",
       "CONTAINER [CONTAINER...]",
       "Block until one or more containers stop, then print their exit codes",
       {1, kAnyNumber},
       {},
       wait},
  };
  for (Command& command : commands) {
    if (command.name == "top") command.order = WordOrder::kFlagsFirst;
  }
  for (Command& command : stream_commands()) commands.push_back(std::move(command));
  return commands;
}

}  // namespace skein::cli
