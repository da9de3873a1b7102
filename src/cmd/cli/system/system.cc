// info, version, events, and inspect of anything.
#include <optional>

#include "cmd/cli/show/printing.h"
#include "cmd/cli/system/system_format.h"

namespace skein::cli {

namespace {

// Prints by --format, or `text`.
Result<int> print_object(const Invocation& call, const Json& object, const std::string& text) {
  const std::string& format = call.flags.text("format");
  if (format.empty()) {
    print(text);
    return 0;
  }
  SKEIN_TRY_ASSIGN(const std::string shown, show_objects({object}, format));
  print(shown);
  return 0;
}

Result<int> info(Invocation& call) {
  auto answer = call.daemon.get("/info");
  if (!answer.ok()) {
    if (call.flags.text("format").empty()) print(client_info_text() + "\nServer:\n");
    return answer.error();
  }
  return print_object(call, *answer, client_info_text() + "\nServer:\n" + server_info_text(*answer) + "\n");
}

Result<int> version(Invocation& call) {
  auto answer = call.daemon.get("/version");
  if (!answer.ok()) {
    if (call.flags.text("format").empty()) print(client_version_text(""));
    return answer.error();
  }
  Json object = {{"Client", {{"Version", kVersion}, {"ApiVersion", text_at(*answer, "ApiVersion")}, {"Os", "linux"}}},
                 {"Server", *answer}};
  return print_object(call, object,
                      client_version_text(text_at(*answer, "ApiVersion")) + "\n" + server_version_text(*answer));
}

Result<int> events(Invocation& call) {
  const Flags& flags = call.flags;
  Parameters parameters = filter_parameters(flags.list("filter"));
  for (const char* name : {"since", "until"}) {
    if (!flags.is_set(name)) continue;
    SKEIN_TRY_ASSIGN(const std::string moment, moment_parameter(flags.text(name), system_clock().wall()));
    parameters.emplace_back(name, moment);
  }
  std::string rest;
  std::optional<Error> failure;
  const auto show = [&](const std::string& line) {
    const Json event = Json::parse(line, nullptr, false);
    if (!event.is_object()) return;
    if (flags.text("format").empty()) return print_line(event_text(event));
    auto text = show_objects({event}, flags.text("format"));
    if (text.ok()) {
      print(*text);
    } else {
      failure = text.error();
    }
  };
  const auto write = [&](std::string_view bytes) {
    rest += bytes;
    size_t end = 0;
    while (!failure && (end = rest.find('\n')) != std::string::npos) {
      show(rest.substr(0, end));
      rest.erase(0, end + 1);
    }
    return !failure;
  };
  SKEIN_TRY(call.daemon.transfer({.path = "/events", .parameters = parameters}, write));
  if (!rest.empty() && !failure) show(rest);
  if (failure) return *failure;
  return 0;
}

struct Kind {
  const char* name;
  const char* before;
  const char* after;
};
// In the order in which a name is looked for.
constexpr Kind kKinds[] = {{"container", "/containers/", "/json"},
                           {"image", "/images/", "/json"},
                           {"network", "/networks/", ""},
                           {"volume", "/volumes/", ""},
                           {"service", "/services/", ""},
                           {"task", "/tasks/", ""},
                           {"node", "/nodes/", ""}};

Result<int> inspect_system(Invocation& call) {
  const std::string& type = call.flags.text("type");
  bool is_known = type.empty();
  for (const Kind& kind : kKinds) is_known = is_known || type == kind.name;
  if (!is_known) return make_error(Code::kInvalidArgument, "\"" + type + "\" is not a valid value for --type");
  return inspect_each(call, [&](const std::string& name) -> Result<Json> {
    for (const Kind& kind : kKinds) {
      if (!type.empty() && type != kind.name) continue;
      auto found = call.daemon.get(path_of(kind.before, name, kind.after));
      if (found.ok()) return found;
      const Code code = found.error().code;
      if (code == Code::kUnavailable || !type.empty()) return found.error();
      // Not found, or not something that this node can tell: the next kind.
    }
    return make_error(Code::kNotFound, "Error: No such object: " + name);
  });
}

}  // namespace

std::vector<Command> system_commands() {
  return {
      {"events",
       "[OPTIONS]",
       "Get real time events from the server",
       {0, 0},
       {filter_flag(),
        format_flag(),
        {"since", 0, "string", "Show all events created since a time or a duration ago"},
        {"until", 0, "string", "Stream events until this time"}},
       events},
      {"info", "[OPTIONS]", "Display system-wide information", {0, 0}, {format_flag('f')}, info},
      {"inspect",
       "[OPTIONS] NAME|ID [NAME|ID...]",
       "Return low-level information on Docker objects",
       {1, kAnyNumber},
       {format_flag('f'),
        {"size", 's', "", "Display total file sizes if the type is container"},
        {"type", 0, "string", "Only inspect objects of the given type"}},
       inspect_system},
      {"version", "[OPTIONS]", "Show the version information", {0, 0}, {format_flag('f')}, version},
  };
}

}  // namespace skein::cli
