#include "api/task_list.h"

#include <nlohmann/json.hpp>

#include "api/filters.h"
#include "api/manager_routes.h"
#include "api/service_out.h"
#include "api/service_words.h"
#include "control/orchestrator/update_rules.h"

namespace skein::api {

using nlohmann::json;

namespace {

// "web.1.<id>"; of global services "web.<node>.<id>".
std::string name_of_task(const swarm::Task& task) {
  if (!task.annotations().name().empty()) return task.annotations().name();
  const std::string place = task.slot() ? std::to_string(task.slot()) : task.node_id();
  return task.service_annotations().name() + "." + place + "." + task.id();
}

bool is_up_to_date(const swarm::Task& task, const store::Tables& view) {
  auto service = view.get<swarm::Service>(task.service_id());
  return service && !control::is_dirty(view, *service, task);
}

// The ids of what a filter's values name; another one is an error.
template <class Find>
Result<std::set<std::string>> ids_of(const ListFilters& filters, const char* name, Find find) {
  std::set<std::string> out;
  for (const auto& text : filters.values(name)) {
    auto found = find(text);
    if (!found.ok()) return found.error();
    out.insert((*found)->id());
  }
  return out;
}

}  // namespace

Result<json> list_tasks(const store::Tables& view, const io::http::Query& query) {
  SKEIN_TRY_ASSIGN(ListFilters filters, ListFilters::parse(query, {"desired-state", "id", "label", "name", "node",
                                                                   "service", "runtime", "_up-to-date"}));
  SKEIN_TRY_ASSIGN(auto services, ids_of(filters, "service",
                                         [&](const std::string& text) { return view.find<swarm::Service>(text); }));
  SKEIN_TRY_ASSIGN(auto nodes, ids_of(filters, "node", [&](const std::string& text) { return find_node(view, text); }));
  for (const auto& state : filters.values("desired-state"))
    if (!kTaskStates.value(state)) return make_error(Code::kInvalidArgument, kTaskStates.complaint(state));
  json out = json::array();
  for (const auto& [id, task] : view.all<swarm::Task>()) {
    // Containers' tasks only, unless another runtime is asked for.
    const std::string runtime = model::is_attachment(*task) ? "attachment" : "container";
    auto equals = [](const std::string& text) { return [&text](const std::string& value) { return value == text; }; };
    auto starts = [](const std::string& text) {
      return [&text](const std::string& value) { return text.starts_with(value); };
    };
    const bool is_wanted =
        (filters.has("runtime") || runtime == "container") && filters.any("runtime", equals(runtime)) &&
        filters.any("id", starts(id)) && (!filters.has("node") || nodes.contains(task->node_id())) &&
        (!filters.has("service") || services.contains(task->service_id())) &&
        filters.any("desired-state", equals(std::string(kTaskStates.text(task->desired_state())))) &&
        filters.any("name", starts(name_of_task(*task))) && filters.labels("label", task->annotations().labels()) &&
        (!filters.values("_up-to-date").contains("true") || is_up_to_date(*task, view));
    if (is_wanted) out.push_back(task_to_json(*task));
  }
  return out;
}

}  // namespace skein::api
