// The tree of commands, and what a command gets when it runs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cmd/cli/words/flags.h"

namespace skein::cli {

class Daemon;

struct Invocation {
  Daemon& daemon;
  std::string path;  // "skein swarm join"
  Flags flags;
  std::vector<std::string> arguments;

  const std::string& argument(size_t index) const {
    SKEIN_ASSERT(index < arguments.size());
    return arguments[index];
  }
};

// The program's exit status; 1 with the error's text on stderr for an Error. Messages of partial failures have been
// printed by the command.
using Handler = std::function<Result<int>(Invocation&)>;

inline constexpr size_t kAnyNumber = SIZE_MAX;
inline constexpr const char* kVersion = "0.1.0";

struct Arity {
  size_t min = 0;
  size_t max = 0;
};

struct Command {
  std::string name;
  std::string usage;  // what follows the path: "[OPTIONS] HOST:PORT"
  std::string summary;
  Arity arity;
  std::vector<FlagSpec> flags = {};
  Handler run = nullptr;               // null: a group of commands
  std::vector<std::string> also = {};  // other names in the same group
  WordOrder order = WordOrder::kMixed;
  bool is_hidden = false;
  // Errors are those of `run`: "skein: " in front, a hint behind, exit status 125.
  bool starts_containers = false;
  std::vector<Command> children = {};

  const Command* find(std::string_view child) const;
};

// The whole tree.
const Command& root_command();

// Verbs by subject; each of its own file.
std::vector<Command> swarm_commands();
std::vector<Command> node_commands();
std::vector<Command> network_commands();
std::vector<Command> service_commands();
std::vector<Command> stack_commands();
std::vector<Command> container_commands();  // those which docker also has at the top
std::vector<Command> image_commands();
std::vector<Command> volume_commands();
std::vector<Command> secret_commands();
std::vector<Command> config_commands();
std::vector<Command> system_commands();

}  // namespace skein::cli
