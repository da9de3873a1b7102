// skein node: ls, inspect, ps, update, promote, demote, rm.
#include <algorithm>
#include <optional>

#include "cmd/cli/node/node_format.h"
#include "cmd/cli/service/task_list.h"
#include "cmd/cli/show/printing.h"

namespace skein::cli {

namespace {

Result<Json> find_node(Daemon& daemon, const std::string& reference) {
  SKEIN_TRY_ASSIGN(const std::string id, resolved_node(daemon, reference));
  return daemon.get(path_of("/nodes/", id));
}

Result<int> list_nodes(Invocation& call) {
  const Parameters filters = filter_parameters(call.flags.list("filter"));
  SKEIN_TRY_ASSIGN(Json nodes, call.daemon.get("/nodes", filters));
  std::string self;
  if (!call.flags.is_on("quiet")) {
    SKEIN_TRY_ASSIGN(const Json info, call.daemon.get("/info"));
    self = text_at(at(info, "Swarm"), "NodeID");
  }
  if (!nodes.is_array()) nodes = Json::array();
  std::sort(nodes.begin(), nodes.end(), [](const Json& a, const Json& b) {
    return text_at(at(a, "Description"), "Hostname") < text_at(at(b, "Description"), "Hostname");
  });
  std::vector<Json> rows;
  for (const Json& node : nodes) rows.push_back(node_row(node, self));
  return print_list(call, node_listing(), rows, "ID");
}

Result<int> inspect_node(Invocation& call) {
  const auto find = [&](const std::string& reference) { return find_node(call.daemon, reference); };
  if (!call.flags.is_on("pretty")) return inspect_each(call, find);
  if (!call.flags.text("format").empty()) {
    return make_error(Code::kInvalidArgument, "--format is incompatible with human friendly format");
  }
  for (const std::string& reference : call.arguments) {
    SKEIN_TRY_ASSIGN(const Json node, find(reference));
    print_line(pretty_node(node));
  }
  return 0;
}

Result<void> update_spec(Daemon& daemon, const std::string& reference,
                         const std::function<Result<bool>(Json&)>& change) {
  SKEIN_TRY_ASSIGN(const Json node, daemon.get(path_of("/nodes/", reference)));
  Json spec = at(node, "Spec");
  SKEIN_TRY_ASSIGN(const bool is_changed, change(spec));
  if (!is_changed) return {};
  SKEIN_TRY(daemon.post(path_of("/nodes/", text_at(node, "ID"), "/update"),
                        {{"version", text_at(at(node, "Version"), "Index")}}, spec));
  return {};
}

Result<int> update_node(Invocation& call) {
  const Flags& flags = call.flags;
  const auto change = [&](Json& spec) -> Result<bool> {
    if (flags.is_set("availability")) spec["Availability"] = flags.text("availability");
    if (flags.is_set("role")) spec["Role"] = flags.text("role");
    if (!at(spec, "Labels").is_object()) spec["Labels"] = Json::object();
    for (const auto& [key, value] : key_values(flags.list("label-add"))) spec["Labels"][key] = value;
    for (const std::string& key : flags.list("label-rm")) {
      if (spec["Labels"].erase(key) == 0) {
        return make_error(Code::kNotFound, "key " + key + " doesn't exist in node's labels");
      }
    }
    return true;
  };
  SKEIN_TRY(update_spec(call.daemon, call.argument(0), change));
  print_line(call.argument(0));
  return 0;
}

Result<int> change_roles(Invocation& call, const std::string& role, const std::string& done,
                         const std::string& already) {
  for (const std::string& reference : call.arguments) {
    bool is_changed = false;
    SKEIN_TRY(update_spec(call.daemon, reference, [&](Json& spec) -> Result<bool> {
      is_changed = text_at(spec, "Role") != role;
      spec["Role"] = role;
      return is_changed;
    }));
    print_line(is_changed ? done.substr(0, done.find('%')) + reference + done.substr(done.find('%') + 1)
                          : std::string("Node ").append(reference).append(already));
  }
  return 0;
}

Result<int> promote(Invocation& call) {
  return change_roles(call, "manager", "Node % promoted to a manager in the swarm.", " is already a manager.");
}
Result<int> demote(Invocation& call) {
  return change_roles(call, "worker", "Manager % demoted in the swarm.", " is already a worker.");
}

Result<int> remove_node(Invocation& call) {
  Parameters parameters;
  if (call.flags.is_on("force")) parameters.emplace_back("force", "1");
  return for_each_argument(call, [&](const std::string& reference) -> Result<void> {
    SKEIN_TRY(call.daemon.remove(path_of("/nodes/", reference), parameters));
    return {};
  });
}

// Nodes that are there are listed, then what is wrong with the others is said.
Result<int> tasks(Invocation& call) {
  std::vector<std::string> references = call.arguments;
  if (references.empty()) references.emplace_back("self");
  auto filters = call.flags.list("filter");
  std::optional<Error> error;
  const size_t own_filters = filters.size();
  for (const std::string& reference : references) {
    const auto node = find_node(call.daemon, reference);
    if (node.ok()) {
      filters.push_back("node=" + text_at(*node, "ID"));
    } else if (!error) {
      error = node.error();
    }
  }
  if (filters.size() > own_filters) {
    SKEIN_TRY_ASSIGN(const Json found, call.daemon.get("/tasks", filter_parameters(filters)));
    SKEIN_TRY(print_tasks(call, found));
  }
  if (error) return *error;
  return 0;
}

}  // namespace

std::vector<Command> node_commands() {
  return {
      {"demote", "NODE [NODE...]", "Demote one or more nodes from manager in the swarm", {1, kAnyNumber}, {}, demote},
      {"inspect",
       "[OPTIONS] self|NODE [NODE...]",
       "Display detailed information on one or more nodes",
       {1, kAnyNumber},
       {format_flag('f'), {"pretty", 0, "", "Print the information in a human friendly format"}},
       inspect_node},
      {"ls",
       "[OPTIONS]",
       "List nodes in the swarm",
       {0, 0},
       {filter_flag(), format_flag(), quiet_flag()},
       list_nodes,
       {"list"}},
      {"promote", "NODE [NODE...]", "Promote one or more nodes to manager in the swarm", {1, kAnyNumber}, {}, promote},
      {"ps",
       "[OPTIONS] [NODE...]",
       "List tasks running on one or more nodes, defaults to current node",
       {0, kAnyNumber},
       task_list_flags(),
       tasks},
      {"rm",
       "[OPTIONS] NODE [NODE...]",
       "Remove one or more nodes from the swarm",
       {1, kAnyNumber},
       {{"force", 'f', "", "Force remove a node from the swarm"}},
       remove_node,
       {"remove"}},
      {"update",
       "[OPTIONS] NODE",
       "Update a node",
       {1, 1},
       {{"availability", 0, "string", "Availability of the node (\"active\", \"pause\", \"drain\")"},
        {"label-add", 0, "list", "Add or update a node label (\"key=value\")"},
        {"label-rm", 0, "list", "Remove a node label if it exists"},
        {"role", 0, "string", "Role of the node (\"worker\", \"manager\")"}},
       update_node},
  };
}

}  // namespace skein::cli
