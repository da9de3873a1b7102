// skein secret and skein config: create, inspect, ls, rm.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/bytes.h"
#include "cmd/cli/network/network_body.h"
#include "cmd/cli/secret/secret_format.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/words/natural_order.h"

namespace skein::cli {

namespace {

std::string route(DependencyKind kind) { return kind == DependencyKind::kSecret ? "/secrets" : "/configs"; }

// "-" is stdin.
Result<std::string> read_data(const std::string& file) {
  const std::string what = "error reading from " + (file == "-" ? "STDIN" : file) + ": ";
  std::string data;
  if (file == "-") {
    data.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    if (std::filesystem::is_directory(file)) return invalid_argument(what + "read " + file + ": is a directory");
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
      std::string why = std::strerror(errno);
      if (!why.empty()) why[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(why[0])));
      return invalid_argument(what + "open " + file + ": " + why);
    }
    data.assign(std::istreambuf_iterator<char>(stream), {});
  }
  if (data.empty()) return invalid_argument(what + "data is empty");
  return data;
}

// In Docker's words, which differ between the two.
Result<std::string> data_of(const Invocation& call, DependencyKind kind) {
  if (kind == DependencyKind::kSecret) return read_data(call.argument(1));
  auto data = read_data(call.argument(1));
  if (!data.ok())
    return invalid_argument("Error reading content from \"" + call.argument(1) + "\": " + data.error().what);
  return data;
}

Result<int> create(Invocation& call, DependencyKind kind) {
  Json body{{"Name", call.argument(0)}, {"Labels", object_of(call.flags.list("label"))}};
  const std::string driver = kind == DependencyKind::kSecret ? call.flags.text("driver") : "";
  const bool has_data = call.arguments.size() > 1;
  if (!driver.empty() && has_data) return invalid_argument("When using secret driver secret data must be empty");
  if (driver.empty() && !has_data) return invalid_argument("secret file is required");
  if (has_data) {
    SKEIN_TRY_ASSIGN(const std::string data, data_of(call, kind));
    body["Data"] = to_base64(data);
  }
  if (!driver.empty()) body["Driver"] = {{"Name", driver}};
  if (const std::string& templating = call.flags.text("template-driver"); !templating.empty())
    body["Templating"] = {{"Name", templating}};
  SKEIN_TRY_ASSIGN(const Json answer, call.daemon.post(route(kind) + "/create", {}, body));
  print_line(text_at(answer, "ID"));
  return 0;
}

Result<int> list(Invocation& call, DependencyKind kind) {
  SKEIN_TRY_ASSIGN(Json all, call.daemon.get(route(kind), filter_parameters(call.flags.list("filter"))));
  std::vector<Json> rows;
  for (const Json& dependency : all) rows.push_back(dependency_row(kind, dependency, system_clock().wall()));
  std::sort(rows.begin(), rows.end(),
            [](const Json& a, const Json& b) { return is_naturally_less(text_at(a, "Name"), text_at(b, "Name")); });
  return print_list(call, dependency_listing(kind), rows, "ID");
}

Result<int> inspect(Invocation& call, DependencyKind kind) {
  const auto find = [&](const std::string& name) { return call.daemon.get(path_of(route(kind) + "/", name)); };
  if (!call.flags.is_on("pretty")) return inspect_each(call, find);
  std::string text;
  for (const std::string& name : call.arguments) {
    SKEIN_TRY_ASSIGN(const Json dependency, find(name));
    text += pretty_dependency(kind, dependency);
  }
  print(text);
  return 0;
}

Result<int> remove(Invocation& call, DependencyKind kind) {
  return for_each_argument(call, [&](const std::string& name) -> Result<void> {
    SKEIN_TRY(call.daemon.remove(path_of(route(kind) + "/", name)));
    return {};
  });
}

std::vector<Command> commands_for(DependencyKind kind) {
  const bool is_secret = kind == DependencyKind::kSecret;
  const std::string word = is_secret ? "secret" : "config";
  const std::string title = is_secret ? "Secret" : "Config", upper = is_secret ? "SECRET" : "CONFIG";
  const auto with_kind = [kind](Result<int> (*run)(Invocation&, DependencyKind)) {
    return [kind, run](Invocation& call) { return run(call, kind); };
  };
  std::vector<FlagSpec> create_flags{{"label", 'l', "list", title + " labels"},
                                     {"template-driver", 0, "string", "Template driver"}};
  if (is_secret) create_flags.push_back({"driver", 'd', "string", "Secret driver"});
  return {
      {"create",
       "[OPTIONS] " + upper + (is_secret ? " [file|-]" : " file|-"),
       is_secret ? "Create a secret from a file or STDIN as content" : "Create a config from a file or STDIN",
       {is_secret ? 1U : 2U, 2},
       create_flags,
       with_kind(create)},
      {"inspect",
       "[OPTIONS] " + upper + " [" + upper + "...]",
       "Display detailed information on one or more " + word + "s",
       {1, kAnyNumber},
       {format_flag('f'), {"pretty", 0, "", "Print the information in a human friendly format"}},
       with_kind(inspect)},
      {"ls",
       "[OPTIONS]",
       "List " + word + "s",
       {0, 0},
       {filter_flag(), format_flag(), quiet_flag()},
       with_kind(list),
       {"list"}},
      {"rm",
       upper + " [" + upper + "...]",
       "Remove one or more " + word + "s",
       {1, kAnyNumber},
       {},
       with_kind(remove),
       {"remove"}},
  };
}

}  // namespace

std::vector<Command> secret_commands() { return commands_for(DependencyKind::kSecret); }
std::vector<Command> config_commands() { return commands_for(DependencyKind::kConfig); }

}  // namespace skein::cli
