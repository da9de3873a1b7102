// The tree of commands. Those of containers and images stand in their group and, under Docker's short names, at the
// top.
#include <algorithm>

#include "cmd/cli/image/registry.h"
#include "cmd/cli/words/command.h"

namespace skein::cli {

namespace {

Command group(const std::string& name, const std::string& summary, std::vector<Command> children) {
  Command command{name, "COMMAND", summary, {}};
  command.children = std::move(children);
  return command;
}

// The same commands under the names that they have at the top: "container ls" is "ps" there.
void add_to_top(Command& root, std::vector<Command> commands,
                std::initializer_list<std::pair<const char*, const char*>> renamed,
                std::initializer_list<const char*> not_at_top) {
  for (Command& command : commands) {
    if (std::find(not_at_top.begin(), not_at_top.end(), command.name) != not_at_top.end()) continue;
    for (const auto& [inside, top] : renamed) {
      if (command.name == inside) command.name = top;
    }
    command.also.clear();
    root.children.push_back(std::move(command));
  }
}

Command make_root() {
  Command root{"skein", "[OPTIONS] COMMAND", "Containers on an overlay network between hosts", {}};
  root.flags = {{"host", 'H', "string", "Daemon socket to connect to (default \"unix:///run/skein/skein.sock\")"},
                {"version", 'v', "", "Print version information and quit"}};
  add_to_top(root, container_commands(), {{"ls", "ps"}}, {"inspect", "prune"});
  add_to_top(root, image_commands(), {{"ls", "images"}, {"rm", "rmi"}}, {"inspect", "prune"});
  add_to_top(root, system_commands(), {}, {});
  add_to_top(root, registry_commands(), {}, {});
  root.children.push_back(group("config", "Manage Swarm configs", config_commands()));
  root.children.push_back(group("container", "Manage containers", container_commands()));
  root.children.push_back(group("image", "Manage images", image_commands()));
  root.children.push_back(group("network", "Manage networks", network_commands()));
  root.children.push_back(group("node", "Manage Swarm nodes", node_commands()));
  root.children.push_back(group("secret", "Manage Swarm secrets", secret_commands()));
  root.children.push_back(group("service", "Manage services", service_commands()));
  root.children.push_back(group("stack", "Manage Swarm stacks", stack_commands()));
  root.children.push_back(group("swarm", "Manage Swarm", swarm_commands()));
  root.children.push_back(group("volume", "Manage volumes", volume_commands()));
  auto system = system_commands();
  std::erase_if(system, [](const Command& command) { return command.name == "inspect" || command.name == "version"; });
  root.children.push_back(group("system", "Manage Skein", std::move(system)));
  // `lab` has a program of its own behind the same name; this is for the help text.
  Command lab{"lab", "COMMAND", "Simulate hosts on this machine", {0, kAnyNumber}};
  lab.run = [](Invocation&) -> Result<int> { return make_error(Code::kUnimplemented, "lab must be the first word"); };
  root.children.push_back(lab);
  std::stable_sort(root.children.begin(), root.children.end(),
                   [](const Command& a, const Command& b) { return a.name < b.name; });
  return root;
}

}  // namespace

const Command* Command::find(std::string_view child) const {
  for (const Command& command : children) {
    if (command.name == child || std::find(command.also.begin(), command.also.end(), child) != command.also.end()) {
      return &command;
    }
  }
  return nullptr;
}

const Command& root_command() {
  static const Command root = make_root();
  return root;
}

}  // namespace skein::cli
