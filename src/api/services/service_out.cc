#include "api/services/service_out.h"

#include "api/replies/put.h"
#include "api/replies/service_words.h"
#include "api/swarm/swarm_json.h"

namespace skein::api {

using nlohmann::json;

namespace {

json update_config_to_json(const swarm::UpdateConfig& update) {
  json out{{"Parallelism", update.parallelism()},
           {"FailureAction", kFailureActions.text(update.failure_action())},
           {"MaxFailureRatio", float_to_json(update.max_failure_ratio())},
           {"Order", kUpdateOrders.text(update.order())}};
  put_duration(out, "Delay", update.delay());
  put_duration(out, "Monitor", update.monitor());
  return out;
}

json mode_to_json(const swarm::ServiceSpec& spec) {
  switch (spec.mode_case()) {
    case swarm::ServiceSpec::kReplicated: return {{"Replicated", {{"Replicas", spec.replicated().replicas()}}}};
    case swarm::ServiceSpec::kGlobal: return {{"Global", json::object()}};
    case swarm::ServiceSpec::kReplicatedJob:
      return {{"ReplicatedJob",
               {{"MaxConcurrent", spec.replicated_job().max_concurrent()},
                {"TotalCompletions", spec.replicated_job().total_completions()}}}};
    case swarm::ServiceSpec::kGlobalJob: return {{"GlobalJob", json::object()}};
    default: return json::object();
  }
}

json endpoint_spec_to_json(const swarm::EndpointSpec& endpoint) {
  json out{{"Mode", kResolutionModes.text(endpoint.mode())}};
  if (!endpoint.ports().empty()) out["Ports"] = ports_to_json(endpoint.ports());
  return out;
}

// Docker's managers leave an endpoint without addresses and ports empty.
json endpoint_to_json(const swarm::Endpoint& endpoint) {
  json out{{"Spec", json::object()}};
  if (endpoint.virtual_ips().empty() && endpoint.ports().empty()) return out;
  out["Spec"] = endpoint_spec_to_json(endpoint.spec());
  if (!endpoint.ports().empty()) out["Ports"] = ports_to_json(endpoint.ports());
  for (const auto& vip : endpoint.virtual_ips())
    out["VirtualIPs"].push_back({{"NetworkID", vip.network_id()}, {"Addr", vip.addr()}});
  return out;
}

json update_status_to_json(const swarm::UpdateStatus& status) {
  json out{{"Message", status.message()}};
  put_text(out, "State", kUpdateStates.text(status.state()));
  if (status.has_started_at()) out["StartedAt"] = to_rfc3339(status.started_at());
  if (status.has_completed_at()) out["CompletedAt"] = to_rfc3339(status.completed_at());
  return out;
}

}  // namespace

json ports_to_json(const google::protobuf::RepeatedPtrField<swarm::PortConfig>& ports) {
  json out = json::array();
  for (const auto& port : ports) {
    json shown{{"Protocol", kPortProtocols.text(port.protocol())},
               {"PublishMode", kPublishModes.text(port.publish_mode())}};
    put_text(shown, "Name", port.name());
    put_number(shown, "TargetPort", port.target_port());
    put_number(shown, "PublishedPort", port.published_port());
    out.push_back(std::move(shown));
  }
  return out;
}

json service_spec_to_json(const swarm::ServiceSpec& spec) {
  json out{{"Name", spec.annotations().name()},
           {"Labels", map_to_json(spec.annotations().labels())},
           {"TaskTemplate", task_spec_to_json(spec.task())},
           {"Mode", mode_to_json(spec)}};
  out["TaskTemplate"]["Runtime"] = "container";
  if (spec.has_update()) out["UpdateConfig"] = update_config_to_json(spec.update());
  if (spec.has_rollback()) out["RollbackConfig"] = update_config_to_json(spec.rollback());
  if (spec.has_endpoint()) out["EndpointSpec"] = endpoint_spec_to_json(spec.endpoint());
  return out;
}

json service_to_json(const swarm::Service& service) {
  json out{{"ID", service.id()},
           {"Spec", service_spec_to_json(service.spec())},
           {"Endpoint", endpoint_to_json(service.endpoint())}};
  add_meta(out, service.meta());
  if (service.has_previous_spec()) out["PreviousSpec"] = service_spec_to_json(service.previous_spec());
  if (service.has_update_status()) out["UpdateStatus"] = update_status_to_json(service.update_status());
  if (service.has_job_status())
    out["JobStatus"] = {{"JobIteration", {{"Index", service.job_status().job_iteration().index()}}},
                        {"LastExecution", to_rfc3339(service.job_status().last_execution())}};
  return out;
}

}  // namespace skein::api
