#include "engine/values/exec_request.h"

#include <nlohmann/json.hpp>

#include "engine/values/detach_keys.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

bool has_flag(const json& body, const char* name) { return at(body, name) == true; }

// Height, then width, as Docker has it.
std::optional<ConsoleSize> console_of(const json& body) {
  const json& sides = at(body, "ConsoleSize");
  if (!sides.is_array() || sides.size() != 2) return std::nullopt;
  for (const json& side : sides)
    if (!side.is_number_unsigned() || side.get<uint64_t>() > UINT16_MAX) return std::nullopt;
  return ConsoleSize{sides[0].get<uint16_t>(), sides[1].get<uint16_t>()};
}

}  // namespace

Result<ExecRequest> parse_exec_request(const json& body) {
  ExecRequest out;
  out.command = texts_of(body, "Cmd");
  if (out.command.empty()) return invalid_argument("No exec command specified");
  out.environment = texts_of(body, "Env");
  out.user = text_of(body, "User");
  out.working_folder = text_of(body, "WorkingDir");
  out.has_terminal = has_flag(body, "Tty");
  out.is_privileged = has_flag(body, "Privileged");
  out.attaches_input = has_flag(body, "AttachStdin");
  out.attaches_output = has_flag(body, "AttachStdout");
  out.attaches_errors = has_flag(body, "AttachStderr");
  out.console = console_of(body);
  SKEIN_TRY_ASSIGN(out.detach_keys, parse_detach_keys(text_of(body, "DetachKeys")));
  return out;
}

ExecStart parse_exec_start(const json& body) {
  return ExecStart{has_flag(body, "Detach"), has_flag(body, "Tty"), console_of(body)};
}

}  // namespace skein::engine
