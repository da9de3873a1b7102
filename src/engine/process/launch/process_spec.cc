#include "engine/process/launch/process_spec.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <charconv>

#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

Error not_of_processes(const std::string& what) {
  return make_error(Code::kUnimplemented, what + " is not supported by the process engine", {},
                    "it runs commands of the host, for labs and scale tests: use --engine podman");
}

bool is_root(const std::string& user) { return user.empty() || user == "root" || user == "0" || user == "0:0"; }

namespace {

constexpr size_t kHostnameBytesMax = 64;  // HOST_NAME_MAX
constexpr size_t kBindsMax = 1'000;       // a service may have hundreds of secrets

bool holds_nul(const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(), [](auto& text) { return text.find('\0') != std::string::npos; });
}

bool has_variable(const std::vector<std::string>& environment, const std::string& name) {
  return std::any_of(environment.begin(), environment.end(),
                     [&](auto& entry) { return entry.starts_with(name + "="); });
}

std::vector<std::string> environment_of(const json& spec, const std::string& hostname) {
  std::vector<std::string> out = texts_of(spec, "Env");
  std::erase_if(out, [](auto& entry) { return entry.find('=') == std::string::npos; });
  const std::pair<const char*, std::string> defaults[] = {
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
      {"HOSTNAME", hostname},
      {"HOME", "/root"}};
  for (const auto& [name, value] : defaults)
    if (!has_variable(out, name)) out.push_back(name + ("=" + value));
  return out;
}

Result<ProcessBind> parse_bind(const std::string& text) {
  size_t first = text.find(':');
  size_t second = first == std::string::npos ? first : text.find(':', first + 1);
  ProcessBind bind{text.substr(0, first), first == std::string::npos ? "" : text.substr(first + 1, second - first - 1)};
  if (!bind.source.starts_with('/') || !bind.target.starts_with('/')) return not_of_processes("the volume " + text);
  std::string options = second == std::string::npos ? "" : "," + text.substr(second + 1) + ",";
  bind.is_read_only = options.find(",ro,") != std::string::npos;
  return bind;
}

Result<void> take_network(const std::string& mode, ProcessSpec& out) {
  if (mode.starts_with("ns:"))
    out.netns_path = mode.substr(3);
  else if (mode == "none")
    out.has_no_network = true;
  else if (!mode.empty() && mode != "host" && mode != "default")
    return not_of_processes("the network mode " + mode);
  return {};
}

Result<void> check_rest(const json& spec, const json& host) {
  std::string user = text_of(spec, "User");
  if (!is_root(user)) return not_of_processes("the user " + user);
  if (!at(host, "Mounts").empty()) return not_of_processes("a mount");
  return {};
}

}  // namespace

Result<ProcessSpec> parse_process_spec(const json& spec, const std::string& id) {
  const json& host = at(spec, "HostConfig");
  ProcessSpec out;
  out.command = texts_of(spec, "Entrypoint");
  for (auto& word : texts_of(spec, "Cmd")) out.command.push_back(std::move(word));
  if (out.command.empty() || out.command[0].empty()) return make_error(Code::kInvalidArgument, "No command specified");
  out.hostname = text_of(spec, "Hostname");
  if (out.hostname.empty()) out.hostname = id.substr(0, 12);
  if (out.hostname.size() > kHostnameBytesMax)
    return make_error(Code::kInvalidArgument, "invalid hostname: " + out.hostname.substr(0, kHostnameBytesMax) + "…");
  out.environment = environment_of(spec, out.hostname);
  if (holds_nul(out.command) || holds_nul(out.environment))
    return make_error(Code::kInvalidArgument, "the command or its environment holds a NUL");
  if (std::string folder = text_of(spec, "WorkingDir"); !folder.empty()) out.working_folder = folder;
  SKEIN_TRY(take_network(text_of(host, "NetworkMode"), out));
  auto binds = texts_of(host, "Binds");
  if (binds.size() > kBindsMax) return make_error(Code::kInvalidArgument, "too many binds");
  for (const auto& text : binds) {
    SKEIN_TRY_ASSIGN(ProcessBind bind, parse_bind(text));
    out.binds.push_back(std::move(bind));
  }
  std::string signal = text_of(spec, "StopSignal");
  SKEIN_TRY_ASSIGN(out.stop_signal, parse_signal(signal.empty() ? "SIGTERM" : signal));
  out.is_removed_at_end = at(host, "AutoRemove") == true;
  SKEIN_TRY(check_rest(spec, host));
  return out;
}

Result<int> parse_signal(const std::string& text) {
  int number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number > 0 && number < NSIG) return number;
  std::string name = text.starts_with("SIG") ? text.substr(3) : text;
  for (int signal = 1; signal < NSIG; ++signal) {
    const char* known = sigabbrev_np(signal);
    if (known != nullptr && name == known) return signal;
  }
  return make_error(Code::kInvalidArgument, "Invalid signal: " + text);
}

}  // namespace skein::engine
