#include "node/options/daemon_file.h"

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text/json_syntax.h"

namespace skein::node {

using nlohmann::json;

namespace {

constexpr size_t kFileDepthMax = 16;

using Read = std::function<Result<void>(DaemonFile&, const json&)>;

Error wrong_member(const std::string& what) { return make_error(Code::kInvalidArgument, what); }

Read text_into(std::optional<std::string> DaemonFile::*member) {
  return [member](DaemonFile& file, const json& value) -> Result<void> {
    if (!value.is_string()) return wrong_member("must be a string");
    file.*member = value.get<std::string>();
    return {};
  };
}

Read word_into(std::optional<std::string> DaemonFile::*member, std::set<std::string> words) {
  return [member, words = std::move(words)](DaemonFile& file, const json& value) -> Result<void> {
    if (value.is_string() && words.contains(value.get<std::string>())) {
      file.*member = value.get<std::string>();
      return {};
    }
    std::string all;
    for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
    return wrong_member("must be one of " + all);
  };
}

Read texts_into(std::optional<std::vector<std::string>> DaemonFile::*member) {
  return [member](DaemonFile& file, const json& value) -> Result<void> {
    const bool is_fine =
        value.is_array() && std::ranges::all_of(value, [](const json& one) { return one.is_string(); });
    if (!is_fine) return wrong_member("must be a list of strings");
    file.*member = value.get<std::vector<std::string>>();
    return {};
  };
}

Result<void> read_debug(DaemonFile& file, const json& value) {
  if (!value.is_boolean()) return wrong_member("must be true or false");
  file.is_verbose = value.get<bool>();
  return {};
}

Result<void> read_hosts(DaemonFile& file, const json& value) {
  constexpr std::string_view kUnix = "unix://";
  const bool is_fine = value.is_array() && value.size() == 1 && value[0].is_string() &&
                       value[0].get_ref<const std::string&>().starts_with("unix:///");
  if (!is_fine) return wrong_member("must be one socket, [\"unix:///run/skein/skein.sock\"]");
  file.socket_path = value[0].get<std::string>().substr(kUnix.size());
  return {};
}

// Containers go on without the daemon in any case.
Result<void> read_live_restore(DaemonFile&, const json& value) {
  return value == true ? Result<void>() : Result<void>(wrong_member("must be true: containers always go on"));
}

const std::map<std::string, Read>& known_members() {
  static const std::map<std::string, Read> kMembers{
      {"labels", texts_into(&DaemonFile::labels)},
      {"node-generic-resources", texts_into(&DaemonFile::generic_resources)},
      {"debug", read_debug},
      {"data-root", text_into(&DaemonFile::root_directory)},
      {"exec-root", text_into(&DaemonFile::run_directory)},
      {"hosts", read_hosts},
      {"group", text_into(&DaemonFile::group)},
      {"cgroup-parent", text_into(&DaemonFile::cgroup_parent)},
      {"insecure-registries", texts_into(&DaemonFile::insecure_registries)},
      {"live-restore", read_live_restore},
      {"engine", word_into(&DaemonFile::engine, {"podman", "process"})},
      {"encryption", word_into(&DaemonFile::encryption, {"auto", "kernel", "process"})},
      {"key-rotation", text_into(&DaemonFile::key_rotation)},
      {"metrics-addr", text_into(&DaemonFile::metrics_address)}};
  return kMembers;
}

Result<DaemonFile> read_members(const json& all, const std::set<std::string>& flags) {
  std::string unknown, both;
  for (const auto& [name, value] : all.items()) {
    if (!known_members().contains(name)) unknown += (unknown.empty() ? "" : ", ") + name;
    if (flags.contains(name)) both += (both.empty() ? "" : ", ") + name;
  }
  if (!unknown.empty())
    return wrong_member("the following directives don't match any configuration option: " + unknown);
  if (!both.empty())
    return wrong_member("the following directives are specified both as a flag and in the configuration file: " + both);
  DaemonFile out;
  for (const auto& [name, value] : all.items()) {
    const auto read = known_members().at(name)(out, value);
    if (!read.ok()) return wrong_member(name + ": " + read.error().text());
  }
  return out;
}

}  // namespace

Result<DaemonFile> parse_daemon_file(std::string_view text, const std::string& path,
                                     const std::set<std::string>& flags) {
  const auto failed = [&](const std::string& why) {
    return wrong_member("unable to configure the daemon with file " + path + ": " + why);
  };
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return DaemonFile();
  const JsonScan scan = scan_json(text, kFileDepthMax);
  if (!scan.error.empty()) return failed("invalid JSON: " + scan.error);
  const json all = json::parse(text, nullptr, false);
  if (!all.is_object()) return failed("invalid JSON: it must be an object");
  auto read = read_members(all, flags);
  return read.ok() ? read : failed(read.error().text());
}

}  // namespace skein::node
