// skein network: create, ls, inspect, rm, connect, disconnect, prune.
#include <algorithm>

#include "base/text/json_text.h"
#include "cmd/cli/network/network_body.h"
#include "cmd/cli/show/printing.h"

namespace skein::cli {

namespace {

Result<int> create_network(Invocation& call) {
  SKEIN_TRY_ASSIGN(const Json body, network_create_body(call.argument(0), call.flags));
  SKEIN_TRY_ASSIGN(const Json answer, call.daemon.post("/networks/create", {}, body));
  if (const std::string warning = text_at(answer, "Warning"); !warning.empty()) print_error("WARNING: " + warning);
  print_line(text_at(answer, "Id"));
  return 0;
}

Result<int> list_networks(Invocation& call) {
  const Parameters filters = filter_parameters(call.flags.list("filter"));
  SKEIN_TRY_ASSIGN(Json networks, call.daemon.get("/networks", filters));
  if (!networks.is_array()) networks = Json::array();
  std::sort(networks.begin(), networks.end(),
            [](const Json& a, const Json& b) { return text_at(a, "Name") < text_at(b, "Name"); });
  const bool is_whole = call.flags.is_on("no-trunc");
  std::vector<Json> rows;
  for (const Json& network : networks) {
    const std::string id = text_at(network, "Id");
    const auto created = parse_time(text_at(network, "Created"));
    std::string labels;
    if (const Json& all = at(network, "Labels"); all.is_object()) {
      for (const auto& [key, value] : all.items())
        labels += (labels.empty() ? "" : ",") + key + "=" + text_at(all, key);
    }
    rows.push_back({{"ID", is_whole ? id : short_id(id)},
                    {"Name", text_at(network, "Name")},
                    {"Driver", text_at(network, "Driver")},
                    {"Scope", text_at(network, "Scope")},
                    {"IPv4", text_at(network, "EnableIPv4").empty() ? "true" : text_at(network, "EnableIPv4")},
                    {"IPv6", text_at(network, "EnableIPv6")},
                    {"Internal", text_at(network, "Internal")},
                    {"Labels", labels},
                    {"CreatedAt", created.ok() ? show_time(*created, true) : ""}});
  }
  const Listing listing{{{"ID", "NETWORK ID"},
                         {"Name", "NAME"},
                         {"Driver", "DRIVER"},
                         {"Scope", "SCOPE"},
                         {"IPv4", "IPV4"},
                         {"IPv6", "IPV6"},
                         {"Internal", "INTERNAL"},
                         {"Labels", "LABELS"},
                         {"CreatedAt", "CREATED AT"}},
                        4};
  return print_list(call, listing, rows, "ID");
}

Result<int> inspect_network(Invocation& call) {
  Parameters parameters;
  if (call.flags.is_on("verbose")) parameters.emplace_back("verbose", "true");
  return inspect_each(
      call, [&](const std::string& name) { return call.daemon.get(path_of("/networks/", name), parameters); });
}

Result<int> remove_network(Invocation& call) {
  const int status = for_each_argument(call, [&](const std::string& name) -> Result<void> {
    const bool is_forced = call.flags.is_on("force");
    const auto found = call.daemon.get(path_of("/networks/", name));
    if (found.ok() && at(*found, "Ingress") == true &&
        !is_confirmed(call,
                      "WARNING! Before removing the routing-mesh network, make sure all the nodes in your swarm run "
                      "the same docker engine version. Otherwise, removal may not be effective and functionality of "
                      "newly create ingress networks will be impaired.")) {
      return make_error(Code::kCanceled, "Error: network rm has been cancelled");
    }
    auto done = call.daemon.remove(path_of("/networks/", name));
    if (!done.ok() && !(is_forced && done.error().code == Code::kNotFound)) return done.error();
    return {};
  });
  if (status != 0) print_error("exit status 1");
  return status;
}

Result<int> connect_container(Invocation& call) {
  SKEIN_TRY(call.daemon.post(path_of("/networks/", call.argument(0), "/connect"), {},
                             network_connect_body(call.argument(1), call.flags)));
  return 0;
}

Result<int> disconnect_container(Invocation& call) {
  SKEIN_TRY(call.daemon.post(path_of("/networks/", call.argument(0), "/disconnect"), {},
                             {{"Container", call.argument(1)}, {"Force", call.flags.is_on("force")}}));
  return 0;
}

Result<int> prune_networks(Invocation& call) {
  if (!is_confirmed(call, "WARNING! This will remove all custom networks not used by at least one container.")) {
    return make_error(Code::kCanceled, "network prune has been cancelled");
  }
  const Parameters filters = filter_parameters(call.flags.list("filter"));
  SKEIN_TRY_ASSIGN(const Json answer, call.daemon.post("/networks/prune", filters));
  const Json& deleted = at(answer, "NetworksDeleted");
  if (!deleted.is_array() || deleted.empty()) return 0;
  print_line("Deleted Networks:");
  for (const Json& name : deleted) print_line(name.is_string() ? name.get<std::string>() : json_text(name));
  print_line("");
  return 0;
}

}  // namespace

std::vector<Command> network_commands() {
  return {
      {"connect",
       "[OPTIONS] NETWORK CONTAINER",
       "Connect a container to a network",
       {2, 2},
       {{"alias", 0, "strings", "Add network-scoped alias for the container"},
        {"driver-opt", 0, "strings", "Options of the network's driver"},
        {"ip", 0, "string", "IPv4 address (e.g., \"172.30.100.104\")"}},
       connect_container},
      {"create",
       "[OPTIONS] NETWORK",
       "Create a network",
       {1, 1},
       {{"attachable", 0, "", "Let containers of `run` join, not only services"},
        {"aux-address", 0, "map", "Addresses that the network must not give out"},
        {"config-from", 0, "string", "The network from which to copy the configuration"},
        {"config-only", 0, "", "Create a configuration only network"},
        {"driver", 'd', "string", "Driver to manage the Network", "bridge"},
        {"gateway", 0, "strings", "Gateway of the subnet"},
        {"ingress", 0, "", "Create swarm routing-mesh network"},
        {"internal", 0, "", "Restrict external access to the network"},
        {"ip-range", 0, "strings", "Part of the subnet to take container addresses from"},
        {"ipam-driver", 0, "string", "Driver of address management", "default"},
        {"ipam-opt", 0, "map", "Options of the driver of address management"},
        {"ipv4", 0, "", "", "true"},
        {"ipv6", 0, "", "Enable IPv6 addresses"},
        {"label", 0, "list", "Set metadata on a network"},
        {"opt", 'o', "map", "Set driver specific options"},
        {"scope", 0, "string", "Control the network's scope"},
        {"subnet", 0, "strings", "Subnet in CIDR format"}},
       create_network},
      {"disconnect",
       "[OPTIONS] NETWORK CONTAINER",
       "Disconnect a container from a network",
       {2, 2},
       {{"force", 'f', "", "Force the container to disconnect from a network"}},
       disconnect_container},
      {"inspect",
       "[OPTIONS] NETWORK [NETWORK...]",
       "Display detailed information on one or more networks",
       {1, kAnyNumber},
       {format_flag('f'), {"verbose", 'v', "", "Services, tasks and peers on all nodes, too"}},
       inspect_network},
      {"ls",
       "[OPTIONS]",
       "List networks",
       {0, 0},
       {filter_flag(), format_flag(), {"no-trunc", 0, "", "Do not truncate the output"}, quiet_flag()},
       list_networks,
       {"list"}},
      {"prune",
       "[OPTIONS]",
       "Remove all unused networks",
       {0, 0},
       {prune_filter_flag(), {"force", 'f', "", "Do not prompt for confirmation"}},
       prune_networks},
      {"rm",
       "[OPTIONS] NETWORK [NETWORK...]",
       "Remove one or more networks",
       {1, kAnyNumber},
       {{"force", 'f', "", "Do not fail if the network does not exist"}},
       remove_network,
       {"remove"}},
  };
}

}  // namespace skein::cli
