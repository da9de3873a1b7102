#include "api/replies/generic_resources.h"
#include "api/replies/put.h"
#include "api/replies/service_words.h"
#include "api/services/service_out.h"

namespace skein::api {

using nlohmann::json;

namespace {

json amounts_to_json(const swarm::Resources& resources) {
  json out = json::object();
  put_number(out, "NanoCPUs", resources.nano_cpus());
  put_number(out, "MemoryBytes", resources.memory_bytes());
  return out;
}

json resources_to_json(const swarm::TaskSpec& task) {
  json out = json::object();
  const auto& resources = task.resources();
  const int64_t pids = task.container().pidslimit();
  if (resources.has_limits() || pids != 0) {
    out["Limits"] = amounts_to_json(resources.limits());
    put_number(out["Limits"], "Pids", pids);
  }
  if (resources.has_reservations()) {
    out["Reservations"] = amounts_to_json(resources.reservations());
    if (!resources.reservations().generic().empty())
      out["Reservations"]["GenericResources"] = generics_to_json(resources.reservations().generic());
  }
  if (resources.has_swap_bytes()) out["SwapBytes"] = resources.swap_bytes().value();
  if (resources.has_memory_swappiness()) out["MemorySwappiness"] = resources.memory_swappiness().value();
  return out;
}

json restart_to_json(const swarm::RestartPolicy& restart) {
  json out{{"Condition", kRestartConditions.text(restart.condition())}, {"MaxAttempts", restart.max_attempts()}};
  if (restart.has_delay()) out["Delay"] = model::from_wire(restart.delay()).count();
  if (restart.has_window()) out["Window"] = model::from_wire(restart.window()).count();
  return out;
}

json placement_to_json(const swarm::Placement& placement) {
  json out = json::object();
  put_texts(out, "Constraints", placement.constraints());
  for (const auto& preference : placement.preferences())
    out["Preferences"].push_back({{"Spread", {{"SpreadDescriptor", preference.spread().spread_descriptor()}}}});
  put_number(out, "MaxReplicas", placement.max_replicas());
  for (const auto& platform : placement.platforms()) {
    json shown = json::object();
    put_text(shown, "Architecture", platform.architecture());
    put_text(shown, "OS", platform.os());
    out["Platforms"].push_back(std::move(shown));
  }
  return out;
}

}  // namespace

json task_spec_to_json(const swarm::TaskSpec& task) {
  json out{{"ForceUpdate", task.force_update()}};
  if (task.has_container()) out["ContainerSpec"] = container_spec_to_json(task.container());
  if (task.has_attachment()) {
    out["NetworkAttachmentSpec"] = {{"ContainerID", task.attachment().container_id()}};
    out["Runtime"] = "attachment";
  }
  if (task.has_resources() || task.container().pidslimit() != 0) out["Resources"] = resources_to_json(task);
  if (task.has_restart()) out["RestartPolicy"] = restart_to_json(task.restart());
  if (task.has_placement()) out["Placement"] = placement_to_json(task.placement());
  for (const auto& network : task.networks()) {
    json shown{{"Target", network.target()}};
    put_texts(shown, "Aliases", network.aliases());
    put_map(shown, "DriverOpts", network.driver_attachment_opts());
    out["Networks"].push_back(std::move(shown));
  }
  if (task.has_log_driver()) {
    out["LogDriver"] = json::object();
    put_text(out["LogDriver"], "Name", task.log_driver().name());
    put_map(out["LogDriver"], "Options", task.log_driver().options());
  }
  return out;
}

}  // namespace skein::api
