#include "engine/exec/request/exec_request.h"

#include <nlohmann/json.hpp>

#include "engine/exec/request/detach_keys.h"
#include "engine/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

Result<json> parse_exec_body(const std::string& body) {
  if (body.empty()) return json::object();
  json parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object()) return invalid_argument("invalid JSON: the body is no object");
  return parsed;
}

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

Result<ExecRequest> parse_exec_request(const std::string& body) {
  SKEIN_TRY_ASSIGN(const json parsed, parse_exec_body(body));
  ExecRequest out;
  out.command = texts_of(parsed, "Cmd");
  if (out.command.empty()) return invalid_argument("No exec command specified");
  out.environment = texts_of(parsed, "Env");
  out.user = text_of(parsed, "User");
  out.working_folder = text_of(parsed, "WorkingDir");
  out.has_terminal = has_flag(parsed, "Tty");
  out.is_privileged = has_flag(parsed, "Privileged");
  out.attaches_input = has_flag(parsed, "AttachStdin");
  out.attaches_output = has_flag(parsed, "AttachStdout");
  out.attaches_errors = has_flag(parsed, "AttachStderr");
  out.console = console_of(parsed);
  SKEIN_TRY_ASSIGN(out.detach_keys, parse_detach_keys(text_of(parsed, "DetachKeys")));
  return out;
}

Result<ExecStart> parse_exec_start(const std::string& body) {
  SKEIN_TRY_ASSIGN(const json parsed, parse_exec_body(body));
  return ExecStart{has_flag(parsed, "Detach"), has_flag(parsed, "Tty"), console_of(parsed)};
}

}  // namespace skein::engine
