// The processes of a container as `ps -ef` on its host lists them, for GET /containers/{id}/top: numbers and parents
// are the host's, and nothing needs to be in the container's image.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/time/clock.h"

namespace skein::api {

// What /proc tells of one process.
struct ProcessFacts {
  int pid = 0;
  int parent = 0;
  uint32_t user = 0;
  int terminal = 0;         // device number; 0: none
  uint64_t ticks_used = 0;  // of the processor
  uint64_t ticks_at_start = 0;
  std::string name;
  std::vector<std::string> command;  // empty: it has none any more
};

// Of /proc/PID/stat; none if it is no such text.
std::optional<ProcessFacts> parse_process_stat(const std::string& text);

struct ProcessTableContext {
  int64_t ticks_per_second = 100;
  int64_t boot_s = 0;  // Unix time
  WallTime now;
  std::function<std::string(uint32_t)> user_name;
};
// Docker's answer: Titles, and Processes in the order of their numbers.
nlohmann::json format_process_table(std::vector<ProcessFacts> processes, const ProcessTableContext& context);

// All in the control group of this process, and below it. `proc`: "/proc".
std::vector<ProcessFacts> read_processes_beside(int pid, const std::string& proc);
ProcessTableContext read_process_context(const std::string& proc, WallTime now);

}  // namespace skein::api
