#include "kernel/network_applier.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/log.h"
#include "kernel/bpf/maps.h"
#include "kernel/net/container_ipv6.h"
#include "kernel/net/esp_device.h"
#include "kernel/net/links/idle_vxlan.h"
#include "kernel/net/links/link.h"
#include "kernel/net/links/sysctl.h"
#include "kernel/net/mesh/mesh_device.h"
#include "plan/compile.h"

namespace skein::kernel {
namespace {

constexpr const char* kForwarding = "net/ipv4/ip_forward";

static_assert(plan::kFloodReceiversMax == SKEIN_FLOOD_TARGETS, "what is planned must fit the tables");
static_assert(plan::kServiceBackendsMax == SKEIN_SERVICE_BACKENDS, "what is planned must fit the tables");

EndpointConfig endpoint_config(const plan::LinkIntent& link, int32_t netns_id) {
  return {.vni = link.vni,
          .address = link.endpoint.address,
          .mac = link.endpoint.mac,
          .gateway = link.gateway,
          .prefix_bits = link.prefix_bits,
          .is_internal = link.is_internal,
          .mtu_bytes = link.mtu_bytes,
          .netns_id = netns_id};
}

plan::LinkProgram link_program(const EndpointConfig& config) {
  return {config.vni,         config.address,     config.mac,      config.gateway,
          config.prefix_bits, config.is_internal, config.mtu_bytes};
}

// Of those that are there. Asking by name waits for nobody.
Result<std::map<std::string, uint32_t>> indices_of(const net::Netlink& netlink, const std::set<std::string>& names) {
  std::map<std::string, uint32_t> out;
  for (const std::string& name : names) {
    Result<uint32_t> index = net::interface_index(netlink, name);
    if (index.ok())
      out.emplace(name, *index);
    else if (index.error().code != Code::kNotFound)
      return index.error();
  }
  return out;
}

// Without what names a link that could not be made: the data path refuses names of interfaces that do not exist, and
// one container's misfortune must not keep the others from being reached.
plan::Operation without_links(plan::Operation operation, const std::set<std::string>& missing) {
  if (auto* op = std::get_if<plan::SetEndpoints>(&operation))
    std::erase_if(op->upserts, [&](const auto& entry) { return missing.contains(entry.second.host_interface); });
  if (auto* op = std::get_if<plan::SetFloods>(&operation))
    for (auto& [vni, list] : op->upserts)
      std::erase_if(list.local_interfaces, [&](const std::string& name) { return missing.contains(name); });
  return operation;
}

}  // namespace

NetworkApplier::NetworkApplier(DataPath& data_path, net::Netlink netlink, net::Firewall firewall)
    : data_path_(&data_path), netlink_(std::move(netlink)), firewall_(std::move(firewall)) {}

Result<NetworkApplier> NetworkApplier::open(DataPath& data_path) {
  SKEIN_TRY_ASSIGN(net::Netlink netlink, net::Netlink::open());
  SKEIN_TRY_ASSIGN(net::Firewall firewall, net::Firewall::open());
  return NetworkApplier(data_path, std::move(netlink), std::move(firewall));
}

Result<plan::Observed> NetworkApplier::observe(const plan::Intent& wanted) {
  SKEIN_TRY_ASSIGN(plan::Observed observed, observe_without_tables(wanted));
  SKEIN_TRY_ASSIGN(DataPathState tables, data_path_->observe());
  observed.endpoints = std::move(tables.endpoints);
  observed.services = std::move(tables.services);
  observed.floods = std::move(tables.floods);
  observed.hosts = std::move(tables.hosts);
  observed.mesh_ports = std::move(tables.ports);
  return observed;
}

Result<plan::Observed> NetworkApplier::observe_without_tables(const plan::Intent& wanted) {
  SKEIN_TRY_ASSIGN(net::ObservedLinks found, net::observe_links(netlink_, wanted.links));
  SKEIN_TRY_ASSIGN(std::optional<uint16_t> held_port, net::observe_idle_vxlan(netlink_));
  SKEIN_TRY_ASSIGN(DataPathState data_path, data_path_->observe_without_tables());
  SKEIN_TRY_ASSIGN(std::optional<net::MeshDevices> mesh, net::observe_mesh_devices(netlink_));
  if (!mesh) data_path.mesh.reset();
  if (data_path.mesh) data_path.mesh->mtu_bytes = mesh->mtu_bytes;
  SKEIN_TRY_ASSIGN(net::EspDeviceState esp, net::observe_esp_device(netlink_));
  const bool is_esp_ready = esp.index == data_path.esp_device && esp.kind == data_path.esp_kind &&
                            (esp.kind != plan::EspDevice::kVxlan || esp.port == data_path.data_path_port);
  SKEIN_TRY_ASSIGN(std::string firewall, firewall_.fingerprint());
  SKEIN_TRY_ASSIGN(std::string forwarding, net::read_sysctl(kForwarding));
  for (auto& [name, link] : found.links)
    if (auto config = data_path.attached.find(link.interface_index); config != data_path.attached.end())
      link.program = link_program(config->second);
  return plan::Observed{.data_path_port = data_path.data_path_port,
                        .data_path_address = data_path.data_path_address,
                        .links = std::move(found.links),
                        .routes = std::move(found.routes),
                        .underlays = std::move(data_path.underlays),
                        .mesh = data_path.mesh,
                        .held_port = held_port,
                        .firewall = std::move(firewall),
                        .is_forwarding = forwarding == "1",
                        .esp_device = is_esp_ready ? esp.kind : plan::EspDevice::kNone};
}

bool NetworkApplier::is_firewall_altered() {
  Result<std::string> found = firewall_.fingerprint();
  return found.ok() && found->empty();
}

Result<plan::Changes> NetworkApplier::pending(const plan::Intent& wanted) {
  SKEIN_TRY_ASSIGN(plan::Observed seen, observe(wanted));
  return plan::diff(wanted, seen);
}

Result<plan::Changes> NetworkApplier::pending_since(const plan::Intent& wanted, const plan::Intent& held) {
  if (plan::differ_in_tables_only(wanted, held)) return plan::diff_of_tables(wanted, held);
  if (auto moves = plan::link_moves(wanted, held)) {
    SKEIN_TRY_ASSIGN(auto coming, indices_of(netlink_, moves->coming));
    SKEIN_TRY_ASSIGN(auto leaving, indices_of(netlink_, moves->leaving));
    if (coming.empty()) return plan::diff_of_moves(wanted, held, moves->coming, leaving);
  }
  SKEIN_TRY_ASSIGN(plan::Observed seen, observe_without_tables(wanted));
  seen.endpoints = held.endpoints;
  seen.services = held.services;
  seen.floods = held.floods;
  seen.hosts = held.hosts;
  seen.mesh_ports = held.mesh_ports;
  return plan::diff(wanted, seen);
}

// Backends of published services, or containers with ports of their own, have left: their clients may be waiting.
void NetworkApplier::reset_orphans(const plan::Changes& changes, const plan::Intent& wanted) {
  if (!wanted.mesh) return;
  auto is_of_mesh = [&](const plan::EndpointKey& key) { return key.vni == wanted.mesh->vni; };
  auto has_left = [&](const auto& entry) { return is_of_mesh(entry.first) && entry.second.service.is_unspecified(); };
  bool is_due = false;
  for (const plan::Operation& operation : changes.operations)
    if (auto* op = std::get_if<plan::SetEndpoints>(&operation))
      is_due |= std::ranges::any_of(op->deletes, is_of_mesh) || std::ranges::any_of(op->upserts, has_left);
    else if (auto* ports = std::get_if<plan::SetMeshPorts>(&operation))
      is_due |= std::ranges::any_of(ports->deletes, [](const auto& port) { return port.address.has_value(); });
  if (!is_due) return;
  Result<std::vector<MeshClient>> orphans = data_path_->orphans();
  Result<void> done = orphans.ok() ? reset_connections(*orphans) : Result<void>(orphans.error());
  if (!done.ok()) log_warning("clients-not-reset", {{"why", done.error().text()}});
}

plan::ApplyFailures NetworkApplier::apply(const plan::Intent& wanted) {
  const Result<plan::Changes> changes = pending(wanted);
  found_ = plan::read_back_of(changes.ok() ? *changes : plan::Changes(), {});
  plan::ApplyFailures failures = carry_out_all(changes, wanted);
  if (Result<void> forgotten = data_path_->forget_routes(); !forgotten.ok() && !failures.host)
    failures.host = forgotten.error();
  count_connections(wanted);
  return failures;
}

void NetworkApplier::count_connections(const plan::Intent& wanted) {
  if (Result<void> counted = data_path_->count_connections(wanted.services); !counted.ok())
    log_warning("connections-not-counted", {{"why", counted.error().text()}});  // balanced by older counts
}

plan::ApplyFailures NetworkApplier::apply_since(const plan::Intent& wanted, const plan::Intent& held) {
  Result<plan::Changes> changes = pending_since(wanted, held);
  if (changes.ok()) return carry_out(*changes, wanted);
  plan::ApplyFailures failures;
  failures.host = changes.error();
  return failures;
}

plan::ApplyFailures NetworkApplier::carry_out(const plan::Changes& changes, const plan::Intent& wanted) {
  plan::ApplyFailures failures = carry_out_all(changes, wanted);
  auto is_of_services = [](const auto& operation) { return std::holds_alternative<plan::SetServices>(operation); };
  if (std::ranges::any_of(changes.operations, is_of_services)) count_connections(wanted);
  return failures;
}

plan::ApplyFailures NetworkApplier::carry_out_all(const Result<plan::Changes>& changes, const plan::Intent& wanted) {
  plan::ApplyFailures failures;
  if (!changes.ok()) {
    failures.host = changes.error();
    return failures;
  }
  std::set<std::string> failed;   // links with a failed operation: the rest of theirs is not tried
  std::set<std::string> missing;  // those of them that do not exist
  for (const plan::Operation& operation : changes->operations) {
    const plan::LinkIntent* link = plan::link_of(operation);
    if (link && failed.contains(link->host_interface)) continue;
    log_debug("network-operation", {{"operation", plan::text(operation)}});
    Result<void> done = carry_out(missing.empty() ? operation : without_links(operation, missing), wanted);
    if (done.ok()) continue;
    if (link) failed.insert(link->host_interface);
    if (link && std::holds_alternative<plan::CreateLink>(operation)) missing.insert(link->host_interface);
    failures.add(operation, done.error());
  }
  reset_orphans(*changes, wanted);
  return failures;
}

Result<void> NetworkApplier::carry_out(const plan::Operation& operation, const plan::Intent& wanted) {
  if (std::holds_alternative<plan::ReplaceFirewall>(operation)) return firewall_.replace(wanted);
  if (std::holds_alternative<plan::EnableForwarding>(operation)) return net::write_sysctl(kForwarding, "1");
  if (auto* op = std::get_if<plan::SetTunnel>(&operation)) return data_path_->set_tunnel(op->address, op->port);
  if (auto* op = std::get_if<plan::AttachUnderlay>(&operation)) return data_path_->attach_underlay(op->interface_index);
  if (auto* op = std::get_if<plan::DetachUnderlay>(&operation)) return data_path_->detach(op->interface_index);
  if (auto* op = std::get_if<plan::HoldPort>(&operation)) {
    hold_port(op->port);
    return {};
  }
  if (auto* op = std::get_if<plan::SetEspDevice>(&operation)) return set_esp_device(*op);
  if (auto* op = std::get_if<plan::SetMesh>(&operation)) return set_mesh(op->mesh);
  if (auto* op = std::get_if<plan::SetMeshPorts>(&operation)) return data_path_->set_ports(op->upserts, op->deletes);
  if (auto* op = std::get_if<plan::SetHosts>(&operation)) return data_path_->set_hosts(op->upserts, op->deletes);
  if (auto* op = std::get_if<plan::SetEndpoints>(&operation))
    return data_path_->set_endpoints(op->upserts, op->deletes);
  if (auto* op = std::get_if<plan::SetServices>(&operation)) return data_path_->set_services(op->upserts, op->deletes);
  if (auto* op = std::get_if<plan::SetFloods>(&operation)) return data_path_->set_floods(op->upserts, op->deletes);
  if (auto* op = std::get_if<plan::DeleteLink>(&operation)) {
    SKEIN_TRY(net::delete_link(netlink_, op->host_interface));  // and with it the program's filter
    return data_path_->detach(op->interface_index);
  }
  if (auto* op = std::get_if<plan::CreateLink>(&operation)) return net::create_link(netlink_, op->link);
  if (auto* op = std::get_if<plan::SetMtu>(&operation)) return net::set_link_mtu(netlink_, op->link);
  if (auto* op = std::get_if<plan::SetDefaultRoute>(&operation)) return net::set_default_route(netlink_, op->link);
  if (auto* op = std::get_if<plan::DeleteRoute>(&operation))
    return net::delete_host_route(netlink_, op->address, op->host_interface);
  return settle(std::get<plan::SettleLink>(operation).link);
}

// Packets flow without the device, only slower on some NICs: a host where it cannot be made works all the same. It is
// not tried again and again, since every attempt makes the kernel tell of interfaces that come and go.
void NetworkApplier::hold_port(std::optional<uint16_t> port) {
  if (port && port == refused_port_) return;
  refused_port_.reset();
  auto close = [this](uint32_t interface) { return data_path_->close(interface); };
  auto open = [this](uint32_t interface) { return data_path_->detach(interface); };
  Result<void> held = net::delete_idle_vxlan(netlink_, open);
  if (held.ok() && port) held = net::create_idle_vxlan(netlink_, *port, close);
  if (held.ok()) return;
  refused_port_ = port;
  log_warning("port-not-held", {{"port", port ? std::to_string(*port) : "none"}, {"why", held.error().text()}});
}

// Flows that are known go on while the device is made anew: they do not pass it.
Result<void> NetworkApplier::set_mesh(const std::optional<plan::MeshHost>& mesh) {
  if (!mesh) {
    SKEIN_TRY(net::delete_mesh_devices(netlink_));
    return data_path_->clear_mesh();
  }
  SKEIN_TRY_ASSIGN(net::MeshDevices made, net::create_mesh_devices(netlink_, mesh->mtu_bytes));
  return data_path_->set_mesh(*mesh, made.device, made.inner);
}

// What belongs to who encrypts stays until it is not wanted any more: its queues hang on the device.
Result<void> NetworkApplier::set_esp_device(const plan::SetEspDevice& wanted) {
  if (wanted.device == plan::EspDevice::kNone) {
    SKEIN_TRY(data_path_->set_esp_device(plan::EspDevice::kNone, 0));
    return net::delete_esp_device(netlink_);
  }
  SKEIN_TRY_ASSIGN(uint32_t device, net::create_esp_device(netlink_, wanted.device, wanted.port));
  return data_path_->set_esp_device(wanted.device, device);
}

// The program before "up": no packet of a container passes without it. One that cannot have IPv6 is asked by IPv4.
Result<void> NetworkApplier::settle(const plan::LinkIntent& link) {
  SKEIN_TRY_ASSIGN(uint32_t index, net::interface_index(netlink_, link.host_interface));
  int32_t netns_id = -1;
  if (link.takes_ipv6) {
    Result<int32_t> given = net::give_ipv6(netlink_, link);
    if (given.ok())
      netns_id = *given;
    else
      log_info("container-without-ipv6", {{"endpoint", link.endpoint.id}, {"why", given.error().text()}});
  }
  SKEIN_TRY(data_path_->attach_endpoint(index, endpoint_config(link, netns_id)));
  return net::settle_link(netlink_, link);
}

}  // namespace skein::kernel
