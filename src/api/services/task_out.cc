#include "api/replies/generic_resources.h"
#include "api/replies/put.h"
#include "api/replies/service_words.h"
#include "api/services/service_out.h"
#include "api/swarm/swarm_json.h"

namespace skein::api {

using nlohmann::json;

namespace {

json status_to_json(const swarm::TaskStatus& status) {
  json out{{"Timestamp", to_rfc3339(status.timestamp())},
           {"State", kTaskStates.text(status.state())},
           {"PortStatus", json::object()}};
  put_text(out, "Message", status.message());
  put_text(out, "Err", status.err());
  if (status.has_container())
    out["ContainerStatus"] = {{"ContainerID", status.container().container_id()},
                              {"PID", status.container().pid()},
                              {"ExitCode", status.container().exit_code()}};
  if (!status.port_status().ports().empty()) out["PortStatus"]["Ports"] = ports_to_json(status.port_status().ports());
  return out;
}

json ipam_options_to_json(const swarm::IPAMOptions& ipam) {
  json out{{"Driver", json::object()}};
  put_text(out["Driver"], "Name", ipam.driver().name());
  put_map(out["Driver"], "Options", ipam.driver().options());
  for (const auto& config : ipam.configs()) {
    json shown = json::object();
    put_text(shown, "Subnet", config.subnet());
    put_text(shown, "Range", config.range());
    put_text(shown, "Gateway", config.gateway());
    out["Configs"].push_back(std::move(shown));
  }
  return out;
}

json driver_to_json(const swarm::Driver& driver) {
  json out = json::object();
  put_text(out, "Name", driver.name());
  put_map(out, "Options", driver.options());
  return out;
}

}  // namespace

json attached_network_to_json(const swarm::Network& network) {
  const auto& spec = network.spec();
  json out{{"ID", network.id()}};
  add_meta(out, network.meta());
  out["Spec"] = {
      {"Name", spec.annotations().name()}, {"Labels", map_to_json(spec.annotations().labels())}, {"Scope", "swarm"}};
  out["Spec"]["DriverConfiguration"] = driver_to_json(spec.driver_config());
  put_flag(out["Spec"], "IPv6Enabled", spec.ipv6_enabled());
  put_flag(out["Spec"], "Internal", spec.internal());
  put_flag(out["Spec"], "Attachable", spec.attachable());
  put_flag(out["Spec"], "Ingress", spec.ingress());
  if (spec.has_ipam()) out["Spec"]["IPAMOptions"] = ipam_options_to_json(spec.ipam());
  out["DriverState"] = driver_to_json(network.driver_state());
  if (network.has_ipam()) out["IPAMOptions"] = ipam_options_to_json(network.ipam());
  return out;
}

json task_to_json(const swarm::Task& task) {
  json out{{"ID", task.id()}, {"Labels", map_to_json(task.annotations().labels())}};
  add_meta(out, task.meta());
  put_text(out, "Name", task.annotations().name());
  out["Spec"] = task_spec_to_json(task.spec());
  put_text(out, "ServiceID", task.service_id());
  put_number(out, "Slot", task.slot());
  put_text(out, "NodeID", task.node_id());
  out["Status"] = status_to_json(task.status());
  out["DesiredState"] = kTaskStates.text(task.desired_state());
  for (const auto& attachment : task.networks()) {
    json shown{{"Network", attached_network_to_json(attachment.network())}};
    put_texts(shown, "Addresses", attachment.addresses());
    out["NetworksAttachments"].push_back(std::move(shown));
  }
  for (const auto& resource : task.assigned_generic_resources())
    out["GenericResources"].push_back(generic_to_json(resource));
  if (task.has_job_iteration()) out["JobIteration"] = {{"Index", task.job_iteration().index()}};
  return out;
}

}  // namespace skein::api
