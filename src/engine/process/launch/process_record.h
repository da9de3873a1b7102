// What is kept on disk about a container of the process engine. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time/clock.h"
#include "io/child/process_id.h"

namespace skein::engine {

inline constexpr size_t kRecordBytesMax = 1u << 20;

struct ProcessRun {
  std::string boot;          // process numbers of another boot mean nothing
  io::ProcessId supervisor;  // in the daemon's process namespace, as the next
  io::ProcessId process;     // the first one of the container
  WallTime started;
  bool operator==(const ProcessRun&) const = default;
};

struct ProcessEnd {
  int exit_code = 0;
  WallTime finished;
  bool operator==(const ProcessEnd&) const = default;
};

struct ProcessRecord {
  std::string id;    // 64 hex digits
  std::string name;  // without slash
  WallTime created;
  nlohmann::json spec;            // as given to POST /containers/create
  std::optional<ProcessRun> run;  // the last one
  std::optional<ProcessEnd> end;  // of that run

  bool is_running() const { return run && !end; }
};

std::string format_record(const ProcessRecord& record);
// kDataLoss when it is none, or too long.
Result<ProcessRecord> parse_record(const std::string& text);

// What the supervisor leaves: "CODE NANOSECONDS\n".
std::string format_end(const ProcessEnd& end);
std::optional<ProcessEnd> parse_end(const std::string& text);

bool is_container_id(const std::string& text);

}  // namespace skein::engine
