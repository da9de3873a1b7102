// skein service: create, inspect, logs, ls, ps, rm, rollback, scale, update.
#include <algorithm>

#include "cmd/cli/service/service_change.h"
#include "cmd/cli/service/service_logs.h"
#include "cmd/cli/service/service_show.h"
#include "cmd/cli/service/spec/service_flags.h"
#include "cmd/cli/service/task_list.h"
#include "cmd/cli/show/printing.h"

namespace skein::cli {

namespace {

const FlagSpec kDetach{"detach", 'd', "", "Exit immediately instead of waiting for the service to converge"};

std::vector<Command> changing_commands() {
  return {
      {"create",
       "[OPTIONS] IMAGE [COMMAND] [ARG...]",
       "Create a new service",
       {1, kAnyNumber},
       service_create_flags(),
       create_service,
       {},
       WordOrder::kFlagsFirst},
      {"rm", "SERVICE [SERVICE...]", "Remove one or more services", {1, kAnyNumber}, {}, remove_services, {"remove"}},
      {"rollback",
       "[OPTIONS] SERVICE",
       "Revert changes to a service's configuration",
       {1, 1},
       {kDetach, {"quiet", 'q', "", "Suppress progress output"}},
       rollback_service},
      {"scale",
       "SERVICE=REPLICAS [SERVICE=REPLICAS...]",
       "Scale one or multiple replicated services",
       {1, kAnyNumber},
       {kDetach},
       scale_services},
      {"update", "[OPTIONS] SERVICE", "Update a service", {1, 1}, service_update_flags(), update_service},
  };
}

}  // namespace

std::vector<Command> service_commands() {
  std::vector<Command> commands = {
      {"inspect",
       "[OPTIONS] SERVICE [SERVICE...]",
       "Display detailed information on one or more services",
       {1, kAnyNumber},
       {format_flag('f'), {"pretty", 0, "", "Print the information in a human friendly format"}},
       inspect_services},
      {"logs",
       "[OPTIONS] SERVICE|TASK",
       "Fetch the logs of a service or task",
       {1, 1},
       service_log_flags(),
       show_service_logs},
      {"ls",
       "[OPTIONS]",
       "List services",
       {0, 0},
       {filter_flag(), format_flag(), quiet_flag()},
       list_services,
       {"list"}},
      {"ps",
       "[OPTIONS] SERVICE [SERVICE...]",
       "List the tasks of one or more services",
       {1, kAnyNumber},
       task_list_flags(),
       list_service_tasks},
  };
  for (Command& command : changing_commands()) commands.push_back(std::move(command));
  std::sort(commands.begin(), commands.end(), [](const Command& a, const Command& b) { return a.name < b.name; });
  return commands;
}

}  // namespace skein::cli
