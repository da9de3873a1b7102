#include "cmd/cli/service/task_list.h"

#include "cmd/cli/service/names.h"
#include "cmd/cli/show/printing.h"

namespace skein::cli {

std::vector<FlagSpec> task_list_flags() {
  return {filter_flag(),
          format_flag(),
          {"no-resolve", 0, "", "Do not map IDs to Names"},
          {"no-trunc", 0, "", "Do not truncate output"},
          quiet_flag()};
}

Result<int> print_tasks(Invocation& call, const Json& found) {
  Names names(call.daemon, !call.flags.is_on("no-resolve"));
  for (const Json& task : found) names.service(text_at(task, "ServiceID"));
  const Json tasks = sorted_tasks(found, names.known());
  for (const Json& task : tasks) names.node(text_at(task, "NodeID"));
  const std::string& format = call.flags.text("format");
  const bool is_table = format.empty() || format.starts_with("table");
  const bool is_quiet = call.flags.is_on("quiet") && is_table;
  const TaskListStyle style{call.flags.is_on("no-trunc") || is_quiet, is_table};
  return print_list(call, task_listing(), task_rows(tasks, names.known(), style, system_clock().wall()), "ID");
}

Result<std::string> resolved_node(Daemon& daemon, const std::string& reference) {
  if (reference != "self") return reference;
  SKEIN_TRY_ASSIGN(const Json info, daemon.get("/info"));
  const std::string id = text_at(at(info, "Swarm"), "NodeID");
  if (!id.empty()) return id;
  // The error of a manager's call says what is wrong with this node.
  SKEIN_TRY(daemon.get("/nodes"));
  return make_error(Code::kNotFound, "node ID not found in /info");
}

}  // namespace skein::cli
