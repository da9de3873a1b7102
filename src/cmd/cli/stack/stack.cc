// skein stack: config, deploy, ls, ps, rm, services.
#include <algorithm>

#include "cmd/cli/service/task_list.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/stack/stack_deploy.h"
#include "cmd/cli/stack/stack_files.h"
#include "cmd/cli/stack/stack_remove.h"
#include "cmd/cli/stack/stack_show.h"
#include "cmd/cli/words/command.h"
#include "stack/emit/emit.h"

namespace skein::cli {

namespace {

Result<int> show_stack_config(Invocation& call) {
  SKEIN_TRY_ASSIGN(const stack::Project project,
                   load_project(call, call.flags.is_on("skip-interpolation"), stack::Forbidden::kShort));
  print(stack::emit_yaml(project.model));
  return 0;
}

std::vector<FlagSpec> with_compose_flags(std::vector<FlagSpec> flags) {
  for (FlagSpec& flag : compose_flags()) flags.push_back(std::move(flag));
  return flags;
}

std::vector<FlagSpec> deploy_flags() {
  return with_compose_flags({
      {"detach", 'd', "", "Exit immediately instead of waiting for the stack services to converge", "true"},
      {"force", 0, "", "Deploy although it cannot work (Compose Specification only)"},
      {"prune", 0, "", "Prune services that are no longer referenced"},
      {"quiet", 'q', "", "Suppress progress output"},
      {"resolve-image", 0, "string",
       "Query the registry to resolve image digest and supported platforms (\"always\", \"changed\", \"never\")",
       "always"},
      {"with-registry-auth", 0, "", "Send registry authentication details to Swarm agents"},
  });
}

// Docker's clients once had it, for Kubernetes.
void add_orchestrator(Command& command) {
  command.flags.push_back({"orchestrator", 0, "string", ""});
  command.run = [run = command.run](Invocation& call) {
    if (call.flags.is_set("orchestrator"))
      print_error("Flag --orchestrator has been deprecated, option will be ignored");
    return run(call);
  };
}

}  // namespace

std::vector<Command> stack_commands() {
  std::vector<Command> commands = {
      {"config",
       "[OPTIONS]",
       "Outputs the final config file, after doing merges and interpolations",
       {0, 0},
       with_compose_flags({{"skip-interpolation", 0, "", "Skip interpolation and output only merged config"}}),
       show_stack_config},
      {"deploy",
       "[OPTIONS] STACK",
       "Deploy a new stack or update an existing stack",
       {1, 1},
       deploy_flags(),
       deploy_stack,
       {"up"}},
      {"ls", "[OPTIONS]", "List stacks", {0, 0}, {format_flag()}, list_stacks, {"list"}},
      {"ps", "[OPTIONS] STACK", "List the tasks in the stack", {1, 1}, task_list_flags(), list_stack_tasks},
      {"rm",
       "[OPTIONS] STACK [STACK...]",
       "Remove one or more stacks",
       {1, kAnyNumber},
       {{"detach", 'd', "", "Do not wait for stack removal", "true"}},
       remove_stacks,
       {"remove", "down"}},
      {"services",
       "[OPTIONS] STACK",
       "List the services in the stack",
       {1, 1},
       {filter_flag(), format_flag(), quiet_flag()},
       list_stack_services},
  };
  for (Command& command : commands) add_orchestrator(command);
  return commands;
}

}  // namespace skein::cli
