// `service ls`.
#include <algorithm>

#include "cmd/cli/service/service_format.h"
#include "cmd/cli/service/service_show.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/words/natural_order.h"

namespace skein::cli {

namespace {

std::string listed_name(const Json& service) { return text_at(at(service, "Spec"), "Name"); }

}  // namespace

Result<Json> services_by_name(Invocation& call, const std::vector<std::string>& filters) {
  Parameters parameters = filter_parameters(filters);
  if (!call.flags.is_on("quiet")) parameters.emplace_back("status", "true");
  SKEIN_TRY_ASSIGN(Json services, call.daemon.get("/services", parameters));
  if (!services.is_array()) services = Json::array();
  std::stable_sort(services.begin(), services.end(),
                   [](const Json& a, const Json& b) { return is_naturally_less(listed_name(a), listed_name(b)); });
  return services;
}

Result<int> print_services(Invocation& call, const Json& services) {
  std::vector<Json> rows;
  for (const Json& service : services) rows.push_back(service_row(service));
  return print_list(call, service_listing(), rows, "ID");
}

Result<int> list_services(Invocation& call) {
  SKEIN_TRY_ASSIGN(const Json services, services_by_name(call, call.flags.list("filter")));
  return print_services(call, services);
}

}  // namespace skein::cli
