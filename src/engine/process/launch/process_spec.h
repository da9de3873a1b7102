// What of Docker's container spec a process of the host has; what it cannot have is refused. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace skein::engine {

struct ProcessBind {
  std::string source, target;  // absolute; both must exist at the start, but that a file below /run is made
  bool is_read_only = false;
};

struct ProcessSpec {
  std::vector<std::string> command;      // never empty
  std::vector<std::string> environment;  // whole: nothing is inherited
  std::string hostname;
  std::string working_folder = "/";
  std::string netns_path;       // empty: the host's network …
  bool has_no_network = false;  // … or one of its own with nothing in it
  std::vector<ProcessBind> binds;
  int stop_signal = 0;
  bool is_removed_at_end = false;
};

// `spec` is the body of POST /containers/create, of any shape. kUnimplemented names the first thing that only an engine
// with images has.
Result<ProcessSpec> parse_process_spec(const nlohmann::json& spec, const std::string& id);

// What only an engine with images has.
Error not_of_processes(const std::string& what);

// That of the host's root, the only one whom a process engine runs something for.
bool is_root(const std::string& user);

// "SIGTERM", "TERM" or "15".
Result<int> parse_signal(const std::string& text);

}  // namespace skein::engine
