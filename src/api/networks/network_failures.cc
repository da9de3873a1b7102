#include "api/networks/network_failures.h"

namespace skein::api {

using nlohmann::json;

void show_failures(const overlay::HostReport& report, const std::string& network_id, json& network) {
  for (const auto& [id, endpoint] : report.book.endpoints) {
    const Error* failure = report.failure_of(id);
    if (failure && endpoint.network.id == network_id)
      network["Containers"][endpoint.container_id]["Failure"] = failure->text();
  }
  if (const Error* failure = report.failure()) network["Failure"] = failure->text();
  for (const auto& lost : report.lost)
    if (lost.network_id == network_id)
      network["Lost"].push_back(
          {{"Container", lost.container_id}, {"EndpointID", lost.id}, {"Why", lost.why}, {"At", lost.at.rfc3339()}});
}

}  // namespace skein::api
