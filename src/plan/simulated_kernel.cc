#include "plan/simulated_kernel.h"

namespace skein::plan {
namespace {

template <class Map, class Set>
void merge(Map& map, const Set& set) {
  for (const auto& [key, value] : set.upserts) map[key] = value;
  for (const auto& key : set.deletes) map.erase(key);
}

// Tables keep the index of a link that is gone, and show it as "#<index>".
void forget_link(Observed& state, const DeleteLink& operation) {
  std::string ghost = "#" + std::to_string(operation.interface_index);
  for (auto& [key, entry] : state.endpoints)
    if (entry.host_interface == operation.host_interface) entry.host_interface = ghost;
  for (auto& [vni, list] : state.floods)
    if (list.local_interfaces.erase(operation.host_interface)) list.local_interfaces.insert(ghost);
  std::erase_if(state.routes, [&](const auto& route) { return route.second == operation.host_interface; });
  state.links.erase(operation.host_interface);
}

void settle(Observed& state, const LinkIntent& link) {
  ObservedLink& seen = state.links.at(link.host_interface);
  seen.is_settled = true;
  seen.program = link_program(link);
  seen.neighbours[link.endpoint.address] = link.endpoint.mac;
  if (link.is_routed) state.routes[link.endpoint.address] = link.host_interface;
  seen.record = link_record(link);
}

}  // namespace

void SimulatedKernel::carry_out(const Operation& operation, const Intent& wanted) {
  if (std::holds_alternative<ReplaceFirewall>(operation)) state.firewall = firewall_fingerprint(wanted);
  if (std::holds_alternative<EnableForwarding>(operation)) state.is_forwarding = true;
  if (auto* op = std::get_if<SetTunnel>(&operation)) {
    state.data_path_address = op->address;
    state.data_path_port = op->port;
  }
  if (auto* op = std::get_if<AttachUnderlay>(&operation)) state.underlays.insert(op->interface_index);
  if (auto* op = std::get_if<DetachUnderlay>(&operation)) state.underlays.erase(op->interface_index);
  if (auto* op = std::get_if<HoldPort>(&operation)) state.held_port = op->port;
  if (auto* op = std::get_if<SetEspDevice>(&operation)) state.esp_device = op->device;
  if (auto* op = std::get_if<SetMesh>(&operation)) state.mesh = op->mesh;
  if (auto* op = std::get_if<SetMeshPorts>(&operation)) merge(state.mesh_ports, *op);
  if (auto* op = std::get_if<SetHosts>(&operation)) merge(state.hosts, *op);
  if (auto* op = std::get_if<SetEndpoints>(&operation)) merge(state.endpoints, *op);
  if (auto* op = std::get_if<SetServices>(&operation)) merge(state.services, *op);
  if (auto* op = std::get_if<SetFloods>(&operation)) merge(state.floods, *op);
  if (auto* op = std::get_if<DeleteLink>(&operation)) forget_link(state, *op);
  if (auto* op = std::get_if<CreateLink>(&operation))
    state.links[op->link.host_interface] = {
        .interface_index = next_index_++, .peer = ObservedLink::Peer::kInPlace, .mtu_bytes = op->link.mtu_bytes};
  if (auto* op = std::get_if<SetMtu>(&operation))
    state.links.at(op->link.host_interface).mtu_bytes = op->link.mtu_bytes;
  if (auto* op = std::get_if<SetDefaultRoute>(&operation))
    state.links.at(op->link.host_interface).record = link_record(op->link);
  if (auto* op = std::get_if<SettleLink>(&operation)) settle(state, op->link);
  if (auto* op = std::get_if<DeleteRoute>(&operation)) state.routes.erase(op->address);
}

}  // namespace skein::plan
