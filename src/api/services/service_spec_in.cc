#include "api/services/service_spec_in.h"

#include "api/replies/service_words.h"

namespace skein::api {

using nlohmann::json;

namespace {

void read_driver(Members& from, swarm::Driver& out) {
  out.set_name(from.text("Name"));
  from.map_to("Options", out.mutable_options());
}

template <class List>
void read_networks(Members& from, List* out) {
  from.each("Networks", [&](Members& network) {
    auto* attachment = out->Add();
    attachment->set_target(network.text("Target"));
    network.texts_to("Aliases", attachment->mutable_aliases());
    network.map_to("DriverOpts", attachment->mutable_driver_attachment_opts());
  });
}

void read_amounts(Members& from, swarm::Resources& out) {
  out.set_nano_cpus(from.number<int64_t>("NanoCPUs"));
  out.set_memory_bytes(from.number<int64_t>("MemoryBytes"));
}

void read_resources(Members& from, swarm::TaskSpec& out) {
  auto* resources = out.mutable_resources();
  from.object("Limits", [&](Members& limits) {
    read_amounts(limits, *resources->mutable_limits());
    // The wire has it in the container.
    if (auto pids = limits.number<int64_t>("Pids")) out.mutable_container()->set_pidslimit(pids);
  });
  from.object("Reservations", [&](Members& reservations) {
    read_amounts(reservations, *resources->mutable_reservations());
    reservations.each("GenericResources", [&](Members& generic) {
      auto* resource = resources->mutable_reservations()->add_generic();
      generic.object("NamedResourceSpec", [&](Members& named) {
        resource->mutable_named_resource_spec()->set_kind(named.text("Kind"));
        resource->mutable_named_resource_spec()->set_value(named.text("Value"));
      });
      generic.object("DiscreteResourceSpec", [&](Members& discrete) {
        resource->mutable_discrete_resource_spec()->set_kind(discrete.text("Kind"));
        resource->mutable_discrete_resource_spec()->set_value(discrete.number<int64_t>("Value"));
      });
      if (resource->resource_case() == swarm::GenericResource::RESOURCE_NOT_SET)
        generic.note("a generic resource must have a NamedResourceSpec or a DiscreteResourceSpec");
    });
  });
  if (from.has("SwapBytes")) resources->mutable_swap_bytes()->set_value(from.number<int64_t>("SwapBytes"));
  if (from.has("MemorySwappiness"))
    resources->mutable_memory_swappiness()->set_value(from.number<int64_t>("MemorySwappiness"));
}

void read_restart(Members& from, swarm::RestartPolicy& out) {
  out.set_condition(from.word("Condition", kRestartConditions, swarm::RestartPolicy::ANY));
  if (from.has("Delay")) *out.mutable_delay() = from.duration("Delay");
  out.set_max_attempts(from.number<uint64_t>("MaxAttempts"));
  if (from.has("Window")) *out.mutable_window() = from.duration("Window");
}

void read_placement(Members& from, swarm::Placement& out) {
  from.texts_to("Constraints", out.mutable_constraints());
  from.each("Preferences", [&](Members& preference) {
    preference.object("Spread", [&](Members& spread) {
      out.add_preferences()->mutable_spread()->set_spread_descriptor(spread.text("SpreadDescriptor"));
    });
  });
  from.each("Platforms", [&](Members& platform) {
    auto* added = out.add_platforms();
    added->set_architecture(platform.text("Architecture"));
    added->set_os(platform.text("OS"));
  });
  out.set_max_replicas(from.number<uint64_t>("MaxReplicas"));
}

void read_update(Members& from, swarm::UpdateConfig& out) {
  out.set_parallelism(from.number<uint64_t>("Parallelism"));
  *out.mutable_delay() = from.duration("Delay");
  out.set_failure_action(from.word("FailureAction", kFailureActions, swarm::UpdateConfig::PAUSE));
  if (from.number<int64_t>("Monitor") != 0) *out.mutable_monitor() = from.duration("Monitor");
  out.set_max_failure_ratio(static_cast<float>(from.fraction("MaxFailureRatio")));
  out.set_order(from.word("Order", kUpdateOrders, swarm::UpdateConfig::STOP_FIRST));
}

void read_mode(Members& from, swarm::ServiceSpec& out) {
  const int count = from.has("Replicated") + from.has("Global") + from.has("ReplicatedJob") + from.has("GlobalJob");
  if (count > 1) return from.note("must specify only one service mode");
  from.object("Replicated", [&](Members& mode) {
    out.mutable_replicated()->set_replicas(mode.has("Replicas") ? mode.number<uint64_t>("Replicas") : 1);
  });
  from.object("Global", [&](Members&) { out.mutable_global(); });
  from.object("ReplicatedJob", [&](Members& mode) {
    auto* job = out.mutable_replicated_job();
    job->set_max_concurrent(mode.has("MaxConcurrent") ? mode.number<uint64_t>("MaxConcurrent") : 1);
    job->set_total_completions(mode.has("TotalCompletions") ? mode.number<uint64_t>("TotalCompletions")
                                                            : job->max_concurrent());
  });
  from.object("GlobalJob", [&](Members&) { out.mutable_global_job(); });
}

void read_endpoint(Members& from, swarm::EndpointSpec& out) {
  out.set_mode(from.word("Mode", kResolutionModes, swarm::EndpointSpec::VIP));
  from.each("Ports", [&](Members& port) {
    auto* config = out.add_ports();
    config->set_name(port.text("Name"));
    config->set_protocol(port.word("Protocol", kPortProtocols, swarm::PortConfig::TCP));
    config->set_target_port(port.number<uint32_t>("TargetPort"));
    config->set_published_port(port.number<uint32_t>("PublishedPort"));
    config->set_publish_mode(port.word("PublishMode", kPublishModes, swarm::PortConfig::INGRESS));
  });
}

void read_service_spec(Members& from, swarm::ServiceSpec& out) {
  out.mutable_annotations()->set_name(from.text("Name"));
  from.map_to("Labels", out.mutable_annotations()->mutable_labels());
  if (!from.has("TaskTemplate")) from.note("mismatched Runtime and *Spec fields");
  from.object("TaskTemplate", [&](Members& task) { read_task_spec(task, *out.mutable_task()); });
  from.object("Mode", [&](Members& mode) { read_mode(mode, out); });
  if (out.mode_case() == swarm::ServiceSpec::MODE_NOT_SET) out.mutable_replicated()->set_replicas(1);
  from.object("UpdateConfig", [&](Members& update) { read_update(update, *out.mutable_update()); });
  from.object("RollbackConfig", [&](Members& update) { read_update(update, *out.mutable_rollback()); });
  read_networks(from, out.mutable_networks());
  from.object("EndpointSpec", [&](Members& endpoint) { read_endpoint(endpoint, *out.mutable_endpoint()); });
}

}  // namespace

void read_task_spec(Members& from, swarm::TaskSpec& out) {
  const std::string runtime = from.text("Runtime");
  if (from.has("PluginSpec") || from.has("NetworkAttachmentSpec") || (!runtime.empty() && runtime != "container"))
    return from.note(runtime == "container" || runtime.empty() ? "mismatched Runtime and *Spec fields"
                                                               : "unsupported runtime");
  if (!from.has("ContainerSpec")) return from.note("mismatched Runtime and *Spec fields");
  from.object("ContainerSpec", [&](Members& container) { read_container_spec(container, *out.mutable_container()); });
  from.object("Resources", [&](Members& resources) { read_resources(resources, out); });
  from.object("RestartPolicy", [&](Members& restart) { read_restart(restart, *out.mutable_restart()); });
  from.object("Placement", [&](Members& placement) { read_placement(placement, *out.mutable_placement()); });
  read_networks(from, out.mutable_networks());
  from.object("LogDriver", [&](Members& driver) { read_driver(driver, *out.mutable_log_driver()); });
  out.set_force_update(from.number<uint64_t>("ForceUpdate"));
}

Result<swarm::ServiceSpec> service_spec_from_json(const json& body) {
  std::optional<Error> problem;
  swarm::ServiceSpec out;
  {
    Members members(body, "", problem);
    read_service_spec(members, out);
  }
  if (problem) return *problem;
  return out;
}

}  // namespace skein::api
