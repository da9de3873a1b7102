#include "overlay/endpoints/port_check.h"

#include <netinet/in.h>

#include <algorithm>

namespace skein::overlay {

using plan::PublishedPort;

namespace {

const char* name_of(uint8_t protocol) {
  return protocol == IPPROTO_UDP ? "udp" : protocol == IPPROTO_SCTP ? "sctp" : "tcp";
}

bool meet(const IpAddress& a, const IpAddress& b) {
  return a.is_v6 == b.is_v6 && (a.is_unspecified() || b.is_unspecified() || a == b);
}

bool meet(const PublishedPort& a, const PublishedPort& b) {
  return a.protocol == b.protocol && a.host_port == b.host_port && meet(a.host_address, b.host_address);
}

bool meets(const PortHolder& holder, const PublishedPort& port) {
  return holder.protocol == port.protocol && holder.port == port.host_port && meet(holder.address, port.host_address);
}

// Docker writes "0.0.0.0:8080" and ":::8080" here …
Error allocated(const PublishedPort& port) {
  return make_error(Code::kUnknown, "Bind for " + port.host_address.text() + ":" + std::to_string(port.host_port) +
                                        " failed: port is already allocated");
}

// … and "[::]:8080" there.
Error in_use(const PublishedPort& port, const std::string& by) {
  return make_error(Code::kUnknown, "failed to bind host port " +
                                        HostPort{port.host_address.text(), port.host_port}.text() + "/" +
                                        name_of(port.protocol) + ": address already in use by " + by);
}

}  // namespace

Result<void> check_containers(const EndpointBook& book, const std::string& container_id, const PortsWanted& wanted) {
  for (auto port = wanted.begin(); port != wanted.end(); ++port)
    if (std::any_of(wanted.begin(), port, [&](const auto& other) { return meet(*port, other); }))
      return allocated(*port);
  for (const auto& [id, container] : book.containers) {
    if (id == container_id) continue;
    for (const auto& port : wanted)
      if (std::ranges::any_of(container.ports, [&](const auto& other) { return meet(port, other); }))
        return allocated(port);
  }
  return {};
}

Result<void> check_mesh(const std::map<plan::MeshPort, plan::MeshTarget>& mesh, const PortsWanted& wanted) {
  for (const auto& port : wanted)
    if (mesh.contains({port.protocol, std::nullopt, port.host_port}))
      return in_use(port, "the swarm, of which a service publishes it");
  return {};
}

Result<void> check_programs(const std::vector<PortHolder>& holders, const PortsWanted& wanted) {
  for (const auto& port : wanted)
    for (const auto& holder : holders)
      if (meets(holder, port)) return in_use(port, text(holder));
  return {};
}

}  // namespace skein::overlay
