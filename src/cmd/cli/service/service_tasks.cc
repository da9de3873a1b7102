// `service ps`.
#include <algorithm>

#include "cmd/cli/service/service_format.h"
#include "cmd/cli/service/service_show.h"
#include "cmd/cli/service/task_list.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/words/natural_order.h"

namespace skein::cli {

namespace {

Result<Json> services_by(Daemon& daemon, const std::string& what, const std::vector<std::string>& references) {
  std::vector<std::string> filters(references.size(), what + "=");
  for (size_t i = 0; i < references.size(); ++i) filters[i] += references[i];
  return daemon.get("/services", filter_parameters(filters));
}

// The id of the service with that name, that id, or an id that begins so; empty when there is none.
Result<std::string> id_of(const std::string& reference, const Json& by_name, const Json& by_id) {
  for (const Json& service : by_name)
    if (text_at(at(service, "Spec"), "Name") == reference) return text_at(service, "ID");
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

}  // namespace

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

}  // namespace skein::cli
