#include "overlay/host/published_ports.h"

#include "overlay/endpoints/container_endpoints.h"

namespace skein::overlay {

namespace {

Result<void> check_all_holders(const ContainerNetworkRequest& request, const EndpointBook& book,
                               const PublishedPorts* mesh, const std::vector<PortHolder>& programs) {
  SKEIN_TRY(check_programs(programs, request.ports));
  SKEIN_TRY(check_containers(book, request.container_id, request.ports));
  return mesh ? check_mesh(*mesh, request.ports) : Result<void>();
}

}  // namespace

boost::asio::awaitable<std::vector<PortHolder>> programs_on(PortsWanted ports, HostNetwork& host) {
  PublishedPorts asked;
  for (const auto& port : ports) asked[{port.protocol, std::nullopt, port.host_port}] = {};
  if (asked.empty()) co_return std::vector<PortHolder>();
  auto holders = co_await host.find_port_holders(std::move(asked));
  co_return holders.ok() ? std::move(*holders) : std::vector<PortHolder>();
}

Result<void> check_published(const ContainerNetworkRequest& request, const EndpointBook& book,
                             const PublishedPorts* mesh, const std::vector<PortHolder>& programs) {
  const auto checked = check_all_holders(request, book, mesh, programs);
  if (checked.ok()) return checked;
  const auto endpoints = endpoint_ids_of(book, request.container_id);
  return make_error(checked.error().code,
                    "driver failed programming external connectivity on endpoint " + request.container_name + " (" +
                        (endpoints.empty() ? "" : endpoints.front()) + "): " + checked.error().text());
}

}  // namespace skein::overlay
