// skein volume: create, inspect, ls, prune, rm.
#include <algorithm>

#include "base/text/json_text.h"
#include "cmd/cli/network/network_body.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/words/natural_order.h"

namespace skein::cli {

namespace {

Result<int> create_volume(Invocation& call) {
  Json body{{"Driver", call.flags.text("driver")},
            {"DriverOpts", object_of(call.flags.list("opt"))},
            {"Labels", object_of(call.flags.list("label"))}};
  if (!call.arguments.empty()) body["Name"] = call.argument(0);
  SKEIN_TRY_ASSIGN(const Json answer, call.daemon.post("/volumes/create", {}, body));
  print_line(text_at(answer, "Name"));
  return 0;
}

Json volume_row(const Json& volume) {
  std::string labels;
  if (const Json& all = at(volume, "Labels"); all.is_object()) {
    for (const auto& [key, value] : all.items()) labels += (labels.empty() ? "" : ",") + key + "=" + text_at(all, key);
  }
  return {{"Driver", text_at(volume, "Driver")},
          {"Name", text_at(volume, "Name")},
          {"Availability", "N/A"},
          {"Group", "N/A"},
          {"Labels", labels},
          {"Links", "N/A"},
          {"Mountpoint", text_at(volume, "Mountpoint")},
          {"Scope", text_at(volume, "Scope")},
          {"Size", "N/A"},
          {"Status", "N/A"}};
}

Result<int> list_volumes(Invocation& call) {
  SKEIN_TRY_ASSIGN(const Json answer, call.daemon.get("/volumes", filter_parameters(call.flags.list("filter"))));
  std::vector<Json> rows;
  for (const Json& volume : at(answer, "Volumes")) rows.push_back(volume_row(volume));
  std::sort(rows.begin(), rows.end(),
            [](const Json& a, const Json& b) { return is_naturally_less(text_at(a, "Name"), text_at(b, "Name")); });
  const Listing listing{{{"Driver", "DRIVER"},
                         {"Name", "VOLUME NAME"},
                         {"Availability", "AVAILABILITY"},
                         {"Group", "GROUP"},
                         {"Labels", "LABELS"},
                         {"Links", "LINKS"},
                         {"Mountpoint", "MOUNTPOINT"},
                         {"Scope", "SCOPE"},
                         {"Size", "SIZE"},
                         {"Status", "STATUS"}},
                        2};
  return print_list(call, listing, rows, "Name");
}

Result<int> inspect_volume(Invocation& call) {
  return inspect_each(call, [&](const std::string& name) { return call.daemon.get(path_of("/volumes/", name)); });
}

Result<int> remove_volume(Invocation& call) {
  Parameters parameters;
  if (call.flags.is_on("force")) parameters.emplace_back("force", "1");
  return for_each_argument(call, [&](const std::string& name) -> Result<void> {
    const auto done = call.daemon.remove(path_of("/volumes/", name), parameters);
    if (!done.ok()) return done.error();
    return {};
  });
}

Result<int> prune_volumes(Invocation& call) {
  std::vector<std::string> filters = call.flags.list("filter");
  const bool takes_all = call.flags.is_on("all");
  const bool names_all =
      std::any_of(filters.begin(), filters.end(), [](const std::string& filter) { return filter.starts_with("all="); });
  if (takes_all && names_all)
    return make_error(Code::kInvalidArgument, "conflicting options: cannot specify both --all and --filter all=1");
  if (takes_all) filters.emplace_back("all=true");
  if (!is_confirmed(call,
                    takes_all || names_all
                        ? "WARNING! This will remove all local volumes not used by at least one container."
                        : "WARNING! This will remove anonymous local volumes not used by at least one container."))
    return make_error(Code::kCanceled, "volume prune has been cancelled");
  SKEIN_TRY_ASSIGN(const Json answer, call.daemon.post("/volumes/prune", filter_parameters(filters)));
  if (const Json& deleted = at(answer, "VolumesDeleted"); deleted.is_array() && !deleted.empty()) {
    print_line("Deleted Volumes:");
    for (const Json& name : deleted) print_line(name.is_string() ? name.get<std::string>() : json_text(name));
    print_line("");
  }
  print_line("Total reclaimed space: " + show_size(static_cast<double>(number_at(answer, "SpaceReclaimed"))));
  return 0;
}

}  // namespace

std::vector<Command> volume_commands() {
  return {
      {"create",
       "[OPTIONS] [VOLUME]",
       "Create a volume",
       {0, 1},
       {{"driver", 'd', "string", "Specify volume driver name", "local"},
        {"label", 0, "list", "Set metadata for a volume"},
        {"opt", 'o', "map", "Set driver specific options"}},
       create_volume},
      {"inspect",
       "[OPTIONS] VOLUME [VOLUME...]",
       "Display detailed information on one or more volumes",
       {1, kAnyNumber},
       {format_flag('f')},
       inspect_volume},
      {"ls", "[OPTIONS]", "List volumes", {0, 0}, {filter_flag(), format_flag(), quiet_flag()}, list_volumes, {"list"}},
      {"prune",
       "[OPTIONS]",
       "Remove unused local volumes",
       {0, 0},
       {{"all", 'a', "", "Remove all unused volumes, not just anonymous ones"},
        prune_filter_flag(),
        {"force", 'f', "", "Do not prompt for confirmation"}},
       prune_volumes},
      {"rm",
       "[OPTIONS] VOLUME [VOLUME...]",
       "Remove one or more volumes",
       {1, kAnyNumber},
       {{"force", 'f', "", "Force the removal of one or more volumes"}},
       remove_volume,
       {"remove"}},
  };
}

}  // namespace skein::cli
