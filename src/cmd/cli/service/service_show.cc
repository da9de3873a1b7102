#include "cmd/cli/service/service_show.h"

#include <algorithm>

#include "cmd/cli/service/service_format.h"
#include "cmd/cli/service/task_list.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/words/natural_order.h"

namespace skein::cli {

namespace {

std::string name_of(const Json& service) { return text_at(at(service, "Spec"), "Name"); }

Result<Json> services_by(Daemon& daemon, const std::string& what, const std::vector<std::string>& references) {
  std::vector<std::string> filters(references.size(), what + "=");
  for (size_t i = 0; i < references.size(); ++i) filters[i] += references[i];
  return daemon.get("/services", filter_parameters(filters));
}

// The id of the service with that name, that id, or an id that begins so; empty when there is none.
Result<std::string> id_of(const std::string& reference, const Json& by_name, const Json& by_id) {
  for (const Json& service : by_name)
    if (name_of(service) == reference) return text_at(service, "ID");
  std::string found;
  for (const Json& service : by_id) {
    const std::string id = text_at(service, "ID");
    if (id == reference) return id;
    if (!id.starts_with(reference)) continue;
    if (!found.empty())
      return make_error(Code::kInvalidArgument, "multiple services found with provided prefix: " + reference);
    found = id;
  }
  return found;
}

Result<std::vector<std::string>> task_filters(Invocation& call, const std::vector<std::string>& services) {
  std::vector<std::string> filters;
  for (const std::string& filter : call.flags.list("filter")) {
    if (!filter.starts_with("node=")) {
      filters.push_back(filter);
      continue;
    }
    SKEIN_TRY_ASSIGN(const std::string node, resolved_node(call.daemon, filter.substr(5)));
    filters.push_back("node=" + node);
  }
  for (const std::string& id : services) filters.push_back("service=" + id);
  return filters;
}

Result<Json> find_service(Daemon& daemon, const std::string& reference) {
  auto service = daemon.get(path_of("/services/", reference), {{"insertDefaults", "true"}});
  if (service.ok() || service.error().code != Code::kNotFound) return service;
  return make_error(Code::kNotFound, "Error: no such service: " + reference);
}

std::map<std::string, std::string> network_names(Daemon& daemon, const Json& service) {
  std::map<std::string, std::string> names;
  for (const Json& attachment : at(at(at(service, "Spec"), "TaskTemplate"), "Networks")) {
    const std::string id = text_at(attachment, "Target");
    const auto network = daemon.get(path_of("/networks/", id), {{"scope", "swarm"}});
    if (network.ok()) names[id] = text_at(*network, "Name");
  }
  return names;
}

}  // namespace

Result<Json> services_by_name(Invocation& call, const std::vector<std::string>& filters) {
  Parameters parameters = filter_parameters(filters);
  if (!call.flags.is_on("quiet")) parameters.emplace_back("status", "true");
  SKEIN_TRY_ASSIGN(Json services, call.daemon.get("/services", parameters));
  if (!services.is_array()) services = Json::array();
  std::stable_sort(services.begin(), services.end(),
                   [](const Json& a, const Json& b) { return is_naturally_less(name_of(a), name_of(b)); });
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

Result<int> list_service_tasks(Invocation& call) {
  SKEIN_TRY_ASSIGN(const Json by_id, services_by(call.daemon, "id", call.arguments));
  SKEIN_TRY_ASSIGN(const Json by_name, services_by(call.daemon, "name", call.arguments));
  std::vector<std::string> services;
  std::vector<std::string> missing;
  for (const std::string& reference : call.arguments) {
    SKEIN_TRY_ASSIGN(const std::string id, id_of(reference, by_name, by_id));
    (id.empty() ? missing : services).push_back(id.empty() ? reference : id);
  }
  if (!services.empty()) {
    SKEIN_TRY_ASSIGN(const auto filters, task_filters(call, services));
    SKEIN_TRY_ASSIGN(const Json tasks, call.daemon.get("/tasks", filter_parameters(filters)));
    SKEIN_TRY(print_tasks(call, tasks));
  }
  for (const std::string& reference : missing) print_error("no such service: " + reference);
  return missing.empty() ? 0 : 1;
}

Result<int> inspect_services(Invocation& call) {
  const auto find = [&](const std::string& reference) { return find_service(call.daemon, reference); };
  const std::string& format = call.flags.text("format");
  if (!call.flags.is_on("pretty") && format != "pretty") return inspect_each(call, find);
  if (call.flags.is_on("pretty") && !format.empty())
    return make_error(Code::kInvalidArgument, "--format is incompatible with human friendly format");
  std::string text;
  for (const std::string& reference : call.arguments) {
    SKEIN_TRY_ASSIGN(const Json service, find(reference));
    text += pretty_service(service, network_names(call.daemon, service), system_clock().wall());
  }
  print(text);
  return 0;
}

}  // namespace skein::cli
