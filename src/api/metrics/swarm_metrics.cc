#include "api/metrics/swarm_metrics.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "model/objects.h"

namespace skein::api {

namespace swarm = store::api;

namespace {

// "COMPLETE_" → "complete": the generator avoids names that others take.
std::string lower_word(std::string name) {
  std::erase(name, '_');
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

template <class T>
double count_of(const store::Tables& view) {
  return static_cast<double>(view.all<T>().size());
}

void add_nodes(const store::Tables& view, Families& out) {
  std::map<int, double> counts;
  for (const auto& [id, node] : view.all<swarm::Node>()) ++counts[node->status().state()];
  const auto* states = swarm::NodeStatus_State_descriptor();
  for (int i = 0; i < states->value_count(); ++i)
    out.gauge("swarm_manager_nodes", "The number of nodes", counts[states->value(i)->number()],
              {{"state", lower_word(states->value(i)->name())}});
}

void add_tasks(const store::Tables& view, Families& out) {
  std::map<int, double> counts;
  for (const auto& [id, task] : view.all<swarm::Task>()) ++counts[task->status().state()];
  const auto* states = swarm::TaskState_descriptor();
  for (int i = 0; i < states->value_count(); ++i)
    out.gauge("swarm_manager_tasks_total", "The number of tasks in the cluster object store",
              counts[states->value(i)->number()], {{"state", lower_word(states->value(i)->name())}});
}

}  // namespace

void add_swarm_metrics(const store::Tables& view, Families& out) {
  add_nodes(view, out);
  add_tasks(view, out);
  constexpr std::string_view kTotal = "The number of these objects in the cluster object store";
  out.gauge("swarm_manager_services_total", kTotal, count_of<swarm::Service>(view));
  out.gauge("swarm_manager_networks_total", kTotal, count_of<swarm::Network>(view));
  out.gauge("swarm_manager_secrets_total", kTotal, count_of<swarm::Secret>(view));
  out.gauge("swarm_manager_configs_total", kTotal, count_of<swarm::Config>(view));
}

}  // namespace skein::api
