#include "api/containers/create/container_check.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

#include "engine/values/json_fields.h"
#include "engine/values/mount_check.h"

namespace skein::api {

using engine::at;
using engine::text_of;
using nlohmann::json;

namespace {

constexpr int64_t kMinMemoryBytes = 6 << 20;
constexpr int64_t kMinNanoCpus = 10'000'000;

Error wrong(const std::string& what) { return make_error(Code::kInvalidArgument, what); }

std::optional<int64_t> number(const json& object, const char* name) {
  const json& value = at(object, name);
  return value.is_number_integer() ? std::optional<int64_t>(value.get<int64_t>()) : std::nullopt;
}

Result<void> check_limits(const json& host_config, const HostLimits& host) {
  if (auto memory = number(host_config, "Memory"); memory && *memory != 0 && *memory < kMinMemoryBytes)
    return wrong("Minimum memory limit allowed is 6MB");
  if (auto cpus = number(host_config, "NanoCpus");
      cpus && *cpus != 0 && (*cpus < kMinNanoCpus || *cpus > int64_t{host.cpus} * 1'000'000'000)) {
    char range[96];
    std::snprintf(range, sizeof range, "range of CPUs is from 0.01 to %u.00, as there are only %u CPUs available",
                  host.cpus, host.cpus);
    return wrong(range);
  }
  if (auto size = number(host_config, "ShmSize"); size && *size < 0) return wrong("SHM size can not be less than 0");
  if (auto score = number(host_config, "OomScoreAdj"); score && (*score < -1000 || *score > 1000))
    return wrong("Invalid value " + std::to_string(*score) + ", range for oom score adj is [-1000, 1000]");
  return {};
}

constexpr int64_t kMinHealth_ns = 1'000'000;

Result<void> check_health(const json& health) {
  for (const char* name : {"Interval", "Timeout", "StartPeriod", "StartInterval"})
    if (auto value = number(health, name); value && *value != 0 && *value < kMinHealth_ns)
      return wrong(std::string(name) + " in Healthcheck cannot be less than 1ms");
  if (auto retries = number(health, "Retries"); retries && *retries < 0)
    return wrong("Retries in Healthcheck cannot be negative");
  return {};
}

Result<void> check_restarts(const json& host_config) {
  SKEIN_TRY(check_restart_policy(at(host_config, "RestartPolicy")));
  const std::string policy = text_of(at(host_config, "RestartPolicy"), "Name");
  if (at(host_config, "AutoRemove") == true && !policy.empty() && policy != "no")
    return wrong("can't create 'AutoRemove' container with restart policy");
  return {};
}

Result<void> check_mount_types(const json& mounts) {
  static constexpr std::array<std::string_view, 7> kTypes{"", "bind", "volume", "tmpfs", "npipe", "cluster", "image"};
  for (const json& mount : mounts) {
    const std::string type = text_of(mount, "Type");
    if (std::ranges::find(kTypes, type) == kTypes.end())
      return wrong("invalid mount config for type \"" + type + "\": mount type unknown");
  }
  return {};
}

}  // namespace

Result<void> check_restart_policy(const json& policy) {
  const std::string name = text_of(policy, "Name");
  static constexpr std::array<std::string_view, 5> kPolicies{"", "no", "always", "unless-stopped", "on-failure"};
  if (std::ranges::find(kPolicies, name) == kPolicies.end()) return wrong("invalid restart policy '" + name + "'");
  const int64_t retries = number(policy, "MaximumRetryCount").value_or(0);
  if (name == "on-failure" && retries < 0) return wrong("maximum retry count cannot be negative");
  if (name != "on-failure" && !name.empty() && retries != 0)
    return wrong("maximum retry count cannot be used with restart policy '" + name + "'");
  return {};
}

Result<void> check_container(const json& body, const HostLimits& host) {
  std::string folder = text_of(body, "WorkingDir");
  if (!folder.empty() && !folder.starts_with('/'))
    return wrong("the working directory '" + folder + "' is invalid, it needs to be an absolute path");
  const json& host_config = at(body, "HostConfig");
  SKEIN_TRY(check_restarts(host_config));
  SKEIN_TRY(check_mount_types(at(host_config, "Mounts")));
  SKEIN_TRY(check_limits(host_config, host));
  SKEIN_TRY(check_health(at(body, "Healthcheck")));
  return engine::check_mounts(at(host_config, "Mounts"), host.exists);
}

}  // namespace skein::api
