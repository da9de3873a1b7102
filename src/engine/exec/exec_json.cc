#include "engine/exec/exec_json.h"

#include "base/bytes.h"

namespace skein::engine {

using nlohmann::json;

json show_exec(const Exec& exec) {
  const ExecRequest& request = exec.request;
  json process{{"tty", request.has_terminal},
               {"entrypoint", request.command.front()},
               {"arguments", json::array()},
               {"privileged", request.is_privileged}};
  for (size_t at = 1; at < request.command.size(); ++at) process["arguments"].push_back(request.command[at]);
  if (const std::string& user = request.user.empty() ? exec.container.user : request.user; !user.empty())
    process["user"] = user;
  const bool has_ended = exec.phase == ExecPhase::kEnded;
  return {{"ID", exec.id},
          {"Running", exec.phase == ExecPhase::kRunning},
          {"ExitCode", has_ended ? json(exec.exit_code) : json()},
          {"ProcessConfig", std::move(process)},
          {"OpenStdin", request.attaches_input},
          {"OpenStderr", request.attaches_errors},
          {"OpenStdout", request.attaches_output},
          {"CanRemove", false},
          {"ContainerID", exec.container.id},
          {"DetachKeys", to_base64(request.detach_keys)},
          {"Pid", exec.process}};
}

json exec_event(const Exec& exec, const std::string& action, WallTime now) {
  std::string told = action;
  if (action == "exec_create" || action == "exec_start") {
    told += ": " + exec.request.command.front() + " ";
    for (size_t at = 1; at < exec.request.command.size(); ++at) told += (at > 1 ? " " : "") + exec.request.command[at];
  }
  json attributes = exec.container.labels;
  attributes["execID"] = exec.id;
  attributes["image"] = exec.container.image;
  attributes["name"] = exec.container.name;
  if (action == "exec_die") attributes["exitCode"] = std::to_string(exec.exit_code);
  return {{"Type", "container"},
          {"Action", told},
          {"Actor", {{"ID", exec.container.id}, {"Attributes", std::move(attributes)}}},
          {"scope", "local"},
          {"time", now.seconds()},
          {"timeNano", now.ns}};
}

void put_exec_ids(json& container, const std::vector<std::string>& ids) {
  if (container.is_object()) container["ExecIDs"] = ids.empty() ? json() : json(ids);
}

}  // namespace skein::engine
