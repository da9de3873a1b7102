#include "cmd/cli/container/container_show.h"

#include <unistd.h>

#include "base/text/json_text.h"
#include "cmd/cli/container/container_format.h"
#include "cmd/cli/daemon/frames.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/show/table.h"
#include "cmd/cli/terminal/terminal.h"

namespace skein::cli {

Result<int> list_containers(Invocation& call) {
  const Flags& flags = call.flags;
  Parameters parameters = filter_parameters(flags.list("filter"));
  if (flags.is_on("all")) parameters.emplace_back("all", "1");
  const int64_t last = flags.is_on("latest") ? 1 : flags.number("last");
  if (last > 0) parameters.emplace_back("limit", std::to_string(last));
  if (flags.is_on("size")) parameters.emplace_back("size", "1");
  SKEIN_TRY_ASSIGN(const Json containers, call.daemon.get("/containers/json", parameters));
  std::vector<Json> rows;
  for (const Json& container : containers) {
    rows.push_back(container_row(container, flags.is_on("no-trunc"), system_clock().wall()));
  }
  // Of all lists, only this one lets --quiet win.
  if (flags.is_on("quiet") && !flags.text("format").empty()) {
    print_error("WARNING: Ignoring custom format, because both --format and --quiet are set.");
    for (const Json& row : rows) print_line(text_at(row, "ID"));
    return 0;
  }
  Listing listing = container_listing();
  if (flags.is_on("size")) {
    std::swap(listing.fields[listing.shown], listing.fields[12]);
    ++listing.shown;
  }
  return print_list(call, listing, rows, "ID");
}

Result<int> inspect_containers(Invocation& call) {
  Parameters parameters;
  if (call.flags.is_on("size")) parameters.emplace_back("size", "1");
  return inspect_each(call, [&](const std::string& name) {
    return call.daemon.get(path_of("/containers/", name, "/json"), parameters);
  });
}

Result<int> show_logs(Invocation& call) {
  const Flags& flags = call.flags;
  SKEIN_TRY_ASSIGN(const Json container, call.daemon.get(path_of("/containers/", call.argument(0), "/json")));
  Parameters parameters = {{"stdout", "1"}, {"stderr", "1"}, {"tail", flags.text("tail")}};
  for (const char* name : {"details", "follow", "timestamps"}) {
    if (flags.is_on(name)) parameters.emplace_back(name, "1");
  }
  for (const char* name : {"since", "until"}) {
    if (!flags.is_set(name)) continue;
    SKEIN_TRY_ASSIGN(const std::string moment, moment_parameter(flags.text(name), system_clock().wall()));
    parameters.emplace_back(name, moment);
  }
  const bool is_terminal = at(at(container, "Config"), "Tty") == true;
  FrameReader frames;
  bool is_framed = true;
  const auto write = [&](std::string_view bytes) {
    if (is_terminal) return write_all(STDOUT_FILENO, bytes.data(), bytes.size());
    is_framed = frames.read(bytes, [](Stream stream, std::string_view piece) {
      write_all(stream == Stream::kStdout ? STDOUT_FILENO : STDERR_FILENO, piece.data(), piece.size());
    });
    return is_framed;
  };
  const Transfer transfer{.path = path_of("/containers/", text_at(container, "Id"), "/logs"), .parameters = parameters};
  SKEIN_TRY(call.daemon.transfer(transfer, write));
  if (!is_framed) return make_error(Code::kDataLoss, "Unrecognized input header in the log's stream");
  return 0;
}

Result<int> show_ports(Invocation& call) {
  SKEIN_TRY_ASSIGN(const Json container, call.daemon.get(path_of("/containers/", call.argument(0), "/json")));
  const Json& ports = at(at(container, "NetworkSettings"), "Ports");
  const auto address = [](const Json& binding) {
    std::string host = text_at(binding, "HostIp");
    if (host.empty()) host = "0.0.0.0";
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return host + ":" + text_at(binding, "HostPort");
  };
  if (call.arguments.size() == 2) {
    std::string wanted = call.argument(1);
    if (wanted.find('/') == std::string::npos) wanted += "/tcp";
    const Json& bindings = at(ports, wanted);
    if (!bindings.is_array() || bindings.empty()) {
      return make_error(Code::kNotFound,
                        "Error: No public port '" + call.argument(1) + "' published for " + call.argument(0));
    }
    for (const Json& binding : bindings) print_line(address(binding));
    return 0;
  }
  if (!ports.is_object()) return 0;
  for (const auto& [port, bindings] : ports.items()) {
    for (const Json& binding : bindings) print_line(port + " -> " + address(binding));
  }
  return 0;
}

Result<int> show_top(Invocation& call) {
  std::string options;
  for (size_t i = 1; i < call.arguments.size(); ++i) options += (i > 1 ? " " : "") + call.argument(i);
  Parameters parameters;
  if (!options.empty()) parameters.emplace_back("ps_args", options);
  SKEIN_TRY_ASSIGN(const Json answer, call.daemon.get(path_of("/containers/", call.argument(0), "/top"), parameters));
  std::vector<TableRow> table;
  const auto add = [&](const Json& cells) {
    TableRow& row = table.emplace_back();
    for (const Json& cell : cells) row.push_back(cell.is_string() ? cell.get<std::string>() : json_text(cell));
  };
  add(at(answer, "Titles"));
  for (const Json& process : at(answer, "Processes")) add(process);
  print(layout_table(table));
  return 0;
}

}  // namespace skein::cli
