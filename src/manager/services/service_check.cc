#include "manager/services/service_check.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "cluster/name_check.h"
#include "control/allocator/taken_ports.h"
#include "control/orchestrator/prerequisite/prerequisite.h"
#include "control/scheduler/constraint.h"
#include "manager/services/skein_labels.h"

namespace skein::manager {

namespace api = model::api;

namespace {

constexpr int64_t kNanoCpusMin = 1'000'000;
constexpr int64_t kMemoryBytesMin = 4 << 20;
constexpr size_t kNameMax = 63;
constexpr uint32_t kPortMax = 65'535;

Result<void> check_name(const std::string& name) {
  if (name.empty()) return invalid_argument("meta: name must be provided");
  bool is_component =
      cluster::is_alphanumeric(name.front()) && cluster::is_alphanumeric(name.back()) &&
      std::all_of(name.begin(), name.end(), [](char c) { return cluster::is_alphanumeric(c) || c == '-' || c == '_'; });
  if (!is_component) return invalid_argument("name must be valid as a DNS name component");
  if (name.size() > kNameMax) return invalid_argument("name must be 63 characters or fewer");
  return {};
}

Result<void> check_resources(const api::Resources& resources) {
  if (resources.nano_cpus() != 0 && resources.nano_cpus() < kNanoCpusMin) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", double(resources.nano_cpus()) / 1e9);
    return invalid_argument(std::string("invalid cpu value ") + text + ": Must be at least 0.001");
  }
  if (resources.memory_bytes() != 0 && resources.memory_bytes() < kMemoryBytesMin)
    return invalid_argument("invalid memory value " + std::to_string(resources.memory_bytes()) +
                            ": Must be at least 4MiB");
  return {};
}

Result<void> check_not_negative(const google::protobuf::Duration& duration, const char* name) {
  if (model::from_wire(duration) < Duration(0))
    return invalid_argument(std::string("TaskSpec: ") + name + " cannot be negative");
  return {};
}

Result<void> check_update(const api::UpdateConfig& update) {
  SKEIN_TRY(check_not_negative(update.delay(), "update-delay"));
  SKEIN_TRY(check_not_negative(update.monitor(), "update-monitor"));
  if (!(update.max_failure_ratio() >= 0 && update.max_failure_ratio() <= 1))
    return invalid_argument("TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1");
  return {};
}

Result<void> check_task(const api::TaskSpec& task) {
  SKEIN_TRY(check_resources(task.resources().limits()));
  SKEIN_TRY(check_resources(task.resources().reservations()));
  SKEIN_TRY(check_not_negative(task.restart().delay(), "restart-delay"));
  SKEIN_TRY(check_not_negative(task.restart().window(), "restart-window"));
  SKEIN_TRY(control::parse_constraints(task.placement().constraints()));
  if (!task.has_container()) return invalid_argument("TaskSpec: missing runtime");
  return check_container_spec(task.container());
}

Result<void> check_ports(const api::EndpointSpec& endpoint) {
  std::set<std::pair<api::PortConfig::Protocol, uint32_t>> published;
  for (const auto& port : endpoint.ports()) {
    if (port.target_port() == 0 || port.target_port() > kPortMax || port.published_port() > kPortMax)
      return invalid_argument("EndpointSpec: invalid port " + std::to_string(port.published_port() > kPortMax
                                                                                 ? port.published_port()
                                                                                 : port.target_port()));
    bool is_ingress = port.publish_mode() == api::PortConfig::INGRESS;
    if (is_ingress && endpoint.mode() == api::EndpointSpec::DNSRR)
      return invalid_argument("EndpointSpec: port published with ingress mode can't be used with dnsrr mode");
    if (port.published_port() != 0 && !published.insert({port.protocol(), port.published_port()}).second)
      return invalid_argument("EndpointSpec: duplicate published ports provided");
  }
  return {};
}

Result<void> check_number(uint64_t number, const char* what) {
  if (number > kReplicasMax)
    return invalid_argument(std::string("Number of ") + what + " must be at most " + std::to_string(kReplicasMax));
  return {};
}

Result<void> check_mode(const api::ServiceSpec& spec) {
  switch (spec.mode_case()) {
    case api::ServiceSpec::kReplicated: return check_number(spec.replicated().replicas(), "replicas");
    case api::ServiceSpec::kGlobal: return {};
    case api::ServiceSpec::kReplicatedJob:
      SKEIN_TRY(check_number(spec.replicated_job().max_concurrent(), "concurrent tasks"));
      SKEIN_TRY(check_number(spec.replicated_job().total_completions(), "completions"));
      break;
    case api::ServiceSpec::kGlobalJob: break;
    default: return invalid_argument("Unrecognized service mode");
  }
  if (spec.has_update()) return invalid_argument("Jobs may not have an update config");
  if (spec.has_rollback()) return invalid_argument("Jobs may not have a rollback config");
  return {};
}

// "secret not found: x", "secrets not found: x, y"
template <class T, class References, class IdOf, class NameOf>
Result<void> check_references(const References& references, const store::Tables& view, IdOf id_of, NameOf name_of) {
  std::string missing;
  size_t count = 0;
  for (const auto& reference : references) {
    auto found = view.get<T>(id_of(reference));
    if (found && model::name_of(*found) == name_of(reference)) continue;
    missing += (count++ ? ", " : "") + name_of(reference);
  }
  if (!count) return {};
  return invalid_argument(std::string(model::KindOf<T>::name) + (count == 1 ? "" : "s") + " not found: " + missing);
}

}  // namespace

Result<void> check_service_spec(const api::ServiceSpec& spec) {
  if (spec.ByteSizeLong() > kServiceSpecSizeMax)
    return invalid_argument("the service's spec is larger than " + std::to_string(kServiceSpecSizeMax) + " bytes");
  SKEIN_TRY(check_name(spec.annotations().name()));
  SKEIN_TRY(check_task(spec.task()));
  SKEIN_TRY(check_update(spec.update()));
  SKEIN_TRY(check_update(spec.rollback()));
  SKEIN_TRY(check_ports(spec.endpoint()));
  SKEIN_TRY(check_skein_labels(spec));
  return check_mode(spec);
}

Result<void> check_service_fits(const api::ServiceSpec& spec, const store::Tables& view, const std::string& id) {
  SKEIN_TRY(control::check_prerequisites(spec, view));
  size_t task_bytes = spec.task().ByteSizeLong();
  for (const auto& wanted : spec.task().networks())
    if (auto network = view.get<api::Network>(wanted.target())) task_bytes += network->ByteSizeLong();
  if (task_bytes > kTaskSizeMax)
    return invalid_argument("with its networks a task of the service is larger than " + std::to_string(kTaskSizeMax) +
                            " bytes");
  for (const auto& port : spec.endpoint().ports())
    SKEIN_TRY(view.index<control::TakenPorts>().check_free(port, id, view));
  SKEIN_TRY(check_references<api::Secret>(
      spec.task().container().secrets(), view, [](const auto& r) { return r.secret_id(); },
      [](const auto& r) { return r.secret_name(); }));
  return check_references<api::Config>(
      spec.task().container().configs(), view, [](const auto& r) { return r.config_id(); },
      [](const auto& r) { return r.config_name(); });
}

Result<void> check_service_change(const api::ServiceSpec& before, const api::ServiceSpec& after) {
  if (before.mode_case() != after.mode_case())
    return make_error(Code::kUnimplemented, "service mode change is not allowed");
  if (before.annotations().name() != after.annotations().name())
    return make_error(Code::kUnimplemented, "renaming services is not supported");
  return {};
}

}  // namespace skein::manager
