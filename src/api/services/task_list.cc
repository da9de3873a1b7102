#include "api/services/task_list.h"

#include <nlohmann/json.hpp>

#include "api/replies/put.h"
#include "api/replies/service_words.h"
#include "api/requests/filters.h"
#include "api/services/held_ports.h"
#include "api/services/service_out.h"
#include "api/services/task_waits.h"
#include "api/swarm/manager_routes.h"
#include "control/orchestrator/place/update_rules.h"

namespace skein::api {

using nlohmann::json;

namespace {

// "web.1.<id>"; of global services "web.<node>.<id>".
std::string name_of_task(const swarm::Task& task) {
  if (!task.annotations().name().empty()) return task.annotations().name();
  const std::string place = task.slot() ? std::to_string(task.slot()) : task.node_id();
  return task.service_annotations().name() + "." + place + "." + task.id();
}

// Those of its service, as Docker has it: `stack ps` asks for the stack's label, which stands there. A task that
// belongs to no service has its own.
const google::protobuf::Map<std::string, std::string>& labels_of_task(const swarm::Task& task) {
  return task.service_id().empty() ? task.annotations().labels() : task.service_annotations().labels();
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

// What the filters leave possible, found without looking at other tasks.
std::vector<store::Ref<swarm::Task>> candidates(const store::Tables& view, const ListFilters& filters,
                                                const std::set<std::string>& services,
                                                const std::set<std::string>& nodes) {
  std::map<std::string, store::Ref<swarm::Task>> found;
  auto add = [&](const std::vector<store::Ref<swarm::Task>>& tasks) {
    for (const auto& task : tasks) found.emplace(task->id(), task);
  };
  if (filters.has("service")) {
    for (const auto& id : services) add(view.tasks_of_service(id));
  } else if (filters.has("node")) {
    for (const auto& id : nodes) add(view.tasks_on_node(id));
  } else if (filters.has("id")) {
    const auto& all = view.all<swarm::Task>();
    for (const auto& prefix : filters.values("id"))
      for (auto at = all.lower_bound(prefix); at != all.end() && at->first.starts_with(prefix); ++at) found.insert(*at);
  } else {
    std::vector<store::Ref<swarm::Task>> out;
    for (const auto& [id, task] : view.all<swarm::Task>()) out.push_back(task);
    return out;
  }
  std::vector<store::Ref<swarm::Task>> out;
  out.reserve(found.size());
  for (auto& [id, task] : found) out.push_back(std::move(task));
  return out;
}

bool passes(const ListFilters& filters, const std::set<std::string>& nodes, const std::set<swarm::TaskState>& states,
            const swarm::Task& task) {
  // Containers' tasks only, unless another runtime is asked for.
  const std::string runtime = model::is_attachment(task) ? "attachment" : "container";
  return (filters.has("runtime") || runtime == "container") && filters.has_exactly("runtime", runtime) &&
         filters.has_prefix("id", task.id()) && (!filters.has("node") || nodes.contains(task.node_id())) &&
         (states.empty() || states.contains(task.desired_state())) && filters.has_prefix("name", name_of_task(task)) &&
         filters.labels("label", labels_of_task(task));
}

}  // namespace

Result<Selection<swarm::Task>> select_tasks(const store::Tables& view, const io::http::Query& query) {
  SKEIN_TRY_ASSIGN(ListFilters filters, ListFilters::parse(query, {"desired-state", "id", "label", "name", "node",
                                                                   "service", "runtime", "_up-to-date"}));
  SKEIN_TRY_ASSIGN(auto services, ids_of(filters, "service",
                                         [&](const std::string& text) { return view.find<swarm::Service>(text); }));
  SKEIN_TRY_ASSIGN(auto nodes, ids_of(filters, "node", [&](const std::string& text) { return find_node(view, text); }));
  std::set<swarm::TaskState> states;
  for (const auto& text : filters.values("desired-state")) {
    if (text.empty()) continue;
    auto state = kTaskStates.value(text);
    if (!state)  // 500 in Docker, too
      return make_error(Code::kInternal, "Invalid desired-state filter: '" + text.substr(0, 100) + "'");
    states.insert(*state);
  }
  Selection<swarm::Task> out{candidates(view, filters, services, nodes), {}, {}};
  // What asks for more than the task is asked now; the rest when the task is written.
  if (filters.has("_up-to-date"))
    std::erase_if(out.candidates, [&](const auto& task) { return !is_up_to_date(*task, view); });
  out.is_wanted = [filters, nodes, states](const swarm::Task& task) { return passes(filters, nodes, states, task); };
  out.to_json = [troubles = troubles_of(out.candidates, view)](const swarm::Task& task) {
    return task_as_shown(task, troubles);
  };
  return out;
}

TaskTroubles troubles_of(const std::vector<store::Ref<swarm::Task>>& tasks, const store::Tables& view) {
  return {port_troubles(tasks, view), task_waits(tasks, view), update_waits(tasks, view)};
}

json task_as_shown(const swarm::Task& task, const TaskTroubles& troubles) {
  json out = task_to_json(task);
  const bool is_running = task.status().state() == swarm::RUNNING && task.desired_state() == swarm::RUNNING;
  if (!task.status().err().empty() || !(is_running || waits_to_start(task))) return out;
  const auto& all = is_running ? troubles.ports : troubles.waits;
  if (auto update = troubles.updates.find(task.id()); update != troubles.updates.end())
    put_text(out["Status"], "Err", update->second);
  else if (auto trouble = all.find(task.service_id()); trouble != all.end())
    put_text(out["Status"], "Err", trouble->second);
  return out;
}

}  // namespace skein::api
