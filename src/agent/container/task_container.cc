#include "agent/container/task_container.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "agent/container/task_mounts.h"
#include "agent/container/task_networking.h"
#include "base/time/duration.h"
#include "containers/facts/task_labels.h"
#include "model/task_template.h"

namespace skein::agent {

namespace api = model::api;
using model::TemplateContext;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr int64_t kCpuPeriod_us = 100'000;
constexpr int kStopGraceDefault_s = 10;
constexpr Duration kDrainLimitDefault = 5s;
constexpr Duration kDrainLimitMax = 1h;

template <class Field>
json list(const Field& field) {
  return std::vector<std::string>(field.begin(), field.end());
}

json labels_of(const api::Task& task, const std::string& name) {
  json out = json::object();
  for (const auto& [key, value] : task.spec().container().labels()) out[key] = value;
  for (const auto& [key, value] : task.annotations().labels()) out[key] = value;
  out[containers::kTaskLabel] = "";
  out[containers::kTaskIdLabel] = task.id();
  out[containers::kTaskNameLabel] = name;
  out[containers::kNodeIdLabel] = task.node_id();
  out[containers::kServiceIdLabel] = task.service_id();
  out[containers::kServiceNameLabel] = task.service_annotations().name();
  return out;
}

// Only what stands behind the "=" is a template.
Result<json> expand_environment(const api::ContainerSpec& spec, const TemplateContext& context) {
  json out = json::array();
  for (const std::string& entry : spec.env()) {
    size_t equals = entry.find('=');
    if (equals == std::string::npos) {
      out.push_back(entry);
      continue;
    }
    auto value = expand_template(entry.substr(equals + 1), context);
    if (!value.ok()) return with_context(value.error(), "expanding env failed");
    out.push_back(entry.substr(0, equals + 1) + *value);
  }
  return out;
}

// What the scheduler has chosen for the task, as Docker tells it: DOCKER_RESOURCE_GPU=UUID1,UUID2, or a number.
void add_generic_resources(const api::Task& task, json& environment) {
  std::map<std::string, std::string> values;
  for (const auto& resource : task.assigned_generic_resources()) {
    const bool is_named = resource.has_named_resource_spec();
    std::string kind = is_named ? resource.named_resource_spec().kind() : resource.discrete_resource_spec().kind();
    for (char& c : kind) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    std::string& value = values["DOCKER_RESOURCE_" + kind];
    if (!value.empty()) value += ',';
    value +=
        is_named ? resource.named_resource_spec().value() : std::to_string(resource.discrete_resource_spec().value());
  }
  for (const auto& [name, value] : values) environment.push_back(std::string(name).append("=").append(value));
}

// Docker counts memory and swap together, and -1 is no limit. Swappiness is nothing that cgroups of version 2 have.
void add_swap(const api::ResourceRequirements& resources, json& host) {
  if (!resources.has_swap_bytes()) return;
  const int64_t swap = resources.swap_bytes().value(), memory = resources.limits().memory_bytes();
  if (swap < 0)
    host["MemorySwap"] = -1;
  else if (memory > 0)
    host["MemorySwap"] = memory + std::min(swap, INT64_MAX - memory);
}

void add_resources(const api::Task& task, json& host) {
  const auto& spec = task.spec().container();
  if (spec.pidslimit() > 0) host["PidsLimit"] = spec.pidslimit();
  for (const auto& limit : spec.ulimits())
    host["Ulimits"].push_back({{"Name", limit.name()}, {"Soft", limit.soft()}, {"Hard", limit.hard()}});
  const auto& limits = task.spec().resources().limits();
  const auto& reserved = task.spec().resources().reservations();
  if (limits.memory_bytes() > 0) host["Memory"] = limits.memory_bytes();
  bool is_within = limits.memory_bytes() <= 0 || reserved.memory_bytes() <= limits.memory_bytes();
  if (reserved.memory_bytes() > 0 && is_within) host["MemoryReservation"] = reserved.memory_bytes();
  add_swap(task.spec().resources(), host);
  if (limits.nano_cpus() <= 0) return;
  host["CpuPeriod"] = kCpuPeriod_us;
  // Without the risk of an overflow; a thousandth of a CPU is the least that the kernel takes.
  host["CpuQuota"] = std::max<int64_t>(limits.nano_cpus() / (1'000'000'000 / kCpuPeriod_us), 1000);
}

// "ADDRESS NAME [ALIAS…]" of hosts(5) → Docker's "NAME:ADDRESS"; its engine drops the aliases as well.
json extra_hosts(const api::ContainerSpec& spec) {
  json out = json::array();
  for (const std::string& entry : spec.hosts()) {
    std::istringstream words(entry);
    std::string address, name;
    if (words >> address >> name) out.push_back(name.append(":").append(address));
  }
  return out;
}

void add_privileges(const api::ContainerSpec& spec, json& host) {
  const auto& selinux = spec.privileges().selinux_context();
  if (selinux.disable()) return host["SecurityOpt"].push_back("label=disable");
  auto add = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) host["SecurityOpt"].push_back("label=" + name + ":" + value);
  };
  add("user", selinux.user());
  add("role", selinux.role());
  add("type", selinux.type());
  add("level", selinux.level());
}

json host_config(const api::Task& task) {
  const auto& spec = task.spec().container();
  json host{{"RestartPolicy", {{"Name", "no"}}}, {"ReadonlyRootfs", spec.read_only()}};
  if (spec.groups_size()) host["GroupAdd"] = list(spec.groups());
  if (spec.has_init()) host["Init"] = spec.init().value();
  for (const auto& [name, value] : spec.sysctls()) host["Sysctls"][name] = value;
  if (spec.capability_add_size()) host["CapAdd"] = list(spec.capability_add());
  if (spec.capability_drop_size()) host["CapDrop"] = list(spec.capability_drop());
  if (spec.has_dns_config()) {
    host["Dns"] = list(spec.dns_config().nameservers());
    host["DnsSearch"] = list(spec.dns_config().search());
    host["DnsOptions"] = list(spec.dns_config().options());
  }
  if (spec.hosts_size()) host["ExtraHosts"] = extra_hosts(spec);
  add_privileges(spec, host);
  add_resources(task, host);
  const auto& log = task.has_log_driver() ? task.log_driver() : task.spec().log_driver();
  if (!log.name().empty()) {
    host["LogConfig"] = {{"Type", log.name()}, {"Config", json::object()}};
    for (const auto& [name, value] : log.options()) host["LogConfig"]["Config"][name] = value;
  }
  return host;
}

void add_command(const api::ContainerSpec& spec, json& body) {
  if (spec.command_size()) body["Entrypoint"] = list(spec.command());
  if (spec.command_size() || spec.args_size()) body["Cmd"] = list(spec.args());
}

std::string label_or(const google::protobuf::Map<std::string, std::string>& labels, const std::string& name,
                     const std::string& otherwise) {
  auto found = labels.find(name);
  return found == labels.end() ? otherwise : found->second;
}

}  // namespace

Result<TaskContainer> task_container(const api::Task& task, const api::Node& self) {
  const auto& spec = task.spec().container();
  if (spec.image().empty()) return make_error(Code::kInvalidArgument, "dockerexec: image required");
  const TemplateContext context = model::template_context(task, self);
  TaskContainer out;
  out.name = model::task_name(task);
  auto hostname = expand_template(spec.hostname(), context);
  if (!hostname.ok()) return with_context(hostname.error(), "expanding hostname failed");
  SKEIN_TRY_ASSIGN(json environment, expand_environment(spec, context));
  add_generic_resources(task, environment);
  auto mounts = task_mounts(spec, context);
  if (!mounts.ok()) return with_context(mounts.error(), "expanding mounts failed");
  out.body = {{"Image", spec.image()},
              {"Labels", labels_of(task, out.name)},
              {"Hostname", *hostname},
              {"Env", std::move(environment)},
              {"Tty", spec.tty()},
              {"OpenStdin", spec.open_stdin()},
              {"User", spec.user()},
              {"WorkingDir", spec.dir()},
              {"Healthcheck", {{"Test", {"NONE"}}}},
              {"StopTimeout", stop_grace_s(task)},
              {"HostConfig", host_config(task)}};
  add_command(spec, out.body);
  if (!spec.stop_signal().empty()) out.body["StopSignal"] = spec.stop_signal();
  if (!mounts->empty()) out.body["HostConfig"]["Mounts"] = std::move(*mounts);
  add_task_networking(task, out.body);
  return out;
}

int stop_grace_s(const api::Task& task) {
  const auto& spec = task.spec().container();
  if (!spec.has_stop_grace_period()) return kStopGraceDefault_s;
  int64_t seconds = spec.stop_grace_period().seconds() + (spec.stop_grace_period().nanos() > 0 ? 1 : 0);
  return static_cast<int>(std::clamp<int64_t>(seconds, 0, INT32_MAX));
}

Duration drain_limit(const api::Task& task) {
  auto limit = parse_duration(label_or(task.service_annotations().labels(), "skein.drain-timeout", ""));
  return limit.ok() ? std::clamp<Duration>(*limit, 0s, kDrainLimitMax) : kDrainLimitDefault;
}

std::string readiness_command(const api::Task& task) {
  std::string of_service = label_or(task.service_annotations().labels(), "skein.readiness", "");
  return label_or(task.spec().container().labels(), "skein.readiness", of_service);
}

}  // namespace skein::agent
