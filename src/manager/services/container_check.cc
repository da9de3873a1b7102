#include <map>
#include <set>

#include "base/text/image_reference.h"
#include "manager/services/service_check.h"
#include "model/task_template.h"

namespace skein::manager {

namespace api = model::api;

namespace {

constexpr Duration kHealthTimeMin = std::chrono::milliseconds(1);

Result<void> check_health_time(const google::protobuf::Duration& time, const char* name) {
  Duration duration = model::from_wire(time);
  if (duration != Duration(0) && duration < kHealthTimeMin)
    return invalid_argument(std::string("ContainerSpec: ") + name + " in HealthConfig cannot be less than 1ms");
  return {};
}

Result<void> check_health(const api::HealthConfig& health) {
  SKEIN_TRY(check_health_time(health.interval(), "Interval"));
  SKEIN_TRY(check_health_time(health.timeout(), "Timeout"));
  SKEIN_TRY(check_health_time(health.start_period(), "StartPeriod"));
  SKEIN_TRY(check_health_time(health.start_interval(), "StartInterval"));
  if (health.retries() < 0) return invalid_argument("ContainerSpec: Retries in HealthConfig cannot be negative");
  return {};
}

// `kind` is "secret" or "config". Two references must not want the same file.
Result<void> check_reference(const std::string& kind, const std::string& id, const std::string& name,
                             const api::FileTarget* file, std::map<std::string, std::string>& targets) {
  if (id.empty() || name.empty()) return invalid_argument("malformed " + kind + " reference");
  if (!file) return {};
  if (file->name().empty())
    return invalid_argument("malformed file " + kind + " reference, invalid target file name provided");
  auto [taken, is_new] = targets.emplace(file->name(), name);
  if (!is_new)
    return invalid_argument(kind + " references '" + taken->second + "' and '" + name +
                            "' have a conflicting target: '" + file->name() + "'");
  return {};
}

Result<void> check_references(const api::ContainerSpec& container) {
  std::map<std::string, std::string> secrets, configs;
  for (const auto& reference : container.secrets()) {
    SKEIN_TRY(check_reference("secret", reference.secret_id(), reference.secret_name(),
                              reference.has_file() ? &reference.file() : nullptr, secrets));
    if (!reference.has_file()) return invalid_argument("malformed secret reference, no target provided");
  }
  for (const auto& reference : container.configs()) {
    SKEIN_TRY(check_reference("config", reference.config_id(), reference.config_name(),
                              reference.has_file() ? &reference.file() : nullptr, configs));
    if (!reference.has_file() && !reference.has_runtime())
      return invalid_argument("malformed config reference, no target provided");
  }
  return {};
}

Result<void> check_template(const std::string& text, const model::TemplateContext& context, const char* what) {
  const auto expanded = model::expand_template(text, context);
  return expanded.ok() ? Result<void>() : with_context(expanded.error(), what);
}

// As many bytes as the kernel takes. What a template becomes is not known yet.
Result<void> check_hostname_length(const std::string& hostname) {
  constexpr size_t kBytesMax = 64;
  if (hostname.size() <= kBytesMax || hostname.find("{{") != std::string::npos) return {};
  return invalid_argument("ContainerSpec: hostname \"" + hostname.substr(0, 200) + "\" is too long (maximum " +
                          std::to_string(kBytesMax) + " bytes)");
}

// As well as it can be told before there are a task and its node.
Result<void> check_templates(const api::ContainerSpec& container) {
  api::Task task;
  task.set_slot(1);
  const auto context = model::template_context(task, {});
  SKEIN_TRY(check_hostname_length(container.hostname()));
  SKEIN_TRY(check_template(container.hostname(), context, "expanding hostname failed"));
  for (const auto& variable : container.env())
    if (const size_t equals = variable.find('='); equals != variable.npos)
      SKEIN_TRY(check_template(variable.substr(equals + 1), context, "expanding env failed"));
  for (const auto& mount : container.mounts())
    for (const std::string& text : {mount.source(), mount.target()})
      SKEIN_TRY(check_template(text, context, "expanding mounts failed"));
  return {};
}

}  // namespace

Result<void> check_container_spec(const api::ContainerSpec& container) {
  if (container.image().empty()) return invalid_argument("ContainerSpec: image reference must be provided");
  if (!check_image_reference(container.image()).ok())
    return invalid_argument("ContainerSpec: \"" + container.image() + "\" is not a valid repository/tag");
  std::set<std::string> targets;
  for (const auto& mount : container.mounts())
    if (!targets.insert(mount.target()).second)
      return invalid_argument("ContainerSpec: duplicate mount point: " + mount.target());
  if (model::from_wire(container.stop_grace_period()) < Duration(0))
    return invalid_argument("ContainerSpec: stop-grace-period cannot be negative");
  SKEIN_TRY(check_references(container));
  SKEIN_TRY(check_templates(container));
  return check_health(container.healthcheck());
}

}  // namespace skein::manager
