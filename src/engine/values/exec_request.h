// What is asked of an exec: the bodies of POST /containers/{id}/exec and POST /exec/{id}/start. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace skein::engine {

struct ConsoleSize {
  uint16_t rows = 0, columns = 0;
  bool operator==(const ConsoleSize&) const = default;
};

struct ExecRequest {
  std::vector<std::string> command;      // never empty
  std::vector<std::string> environment;  // "NAME=VALUE", or "NAME" for one that is to go
  std::string user, working_folder;      // empty: the container's
  std::string detach_keys;               // bytes; empty: the default ones
  bool has_terminal = false, is_privileged = false;
  bool attaches_input = false, attaches_output = false, attaches_errors = false;
  std::optional<ConsoleSize> console;
};

struct ExecStart {
  bool is_detached = false;
  bool is_raw = false;  // the stream is as with a terminal: without frames
  std::optional<ConsoleSize> console;
};

// Members of a wrong type are as if they were not there: bodies are checked where they come in. kInvalidArgument in
// Docker's words.
Result<ExecRequest> parse_exec_request(const nlohmann::json& body);
ExecStart parse_exec_start(const nlohmann::json& body);

}  // namespace skein::engine
