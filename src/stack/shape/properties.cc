#include "stack/shape/properties.h"

#include <array>
#include <set>
#include <string_view>

namespace skein::stack {

namespace {

struct Property {
  std::string_view key;
  std::string_view advice = {};
};

constexpr std::string_view kResources = "Set resource limits using deploy.resources";

constexpr std::array kForbidden = {
    Property{"extends", "Support for `extends` is not implemented yet."},
    Property{
        "volume_driver",
        "Instead of setting the volume driver on the service, define a volume using the top-level `volumes` option "
        "and specify the driver there."},
    Property{"volumes_from",
             "To share a volume between services, define it using the top-level `volumes` option and reference it from "
             "each service that shares it using the service-level `volumes` option."},
    Property{"cpu_quota", kResources},
    Property{"cpu_shares", kResources},
    Property{"cpuset", kResources},
    Property{"mem_limit", kResources},
    Property{"memswap_limit", kResources},
};

constexpr std::array kDeprecated = {
    Property{"container_name", "Setting the container name is not supported."},
    Property{"expose",
             "Exposing ports is unnecessary - services on the same network can access each other's containers on any "
             "port."},
};

constexpr std::array kUnsupported = {
    Property{"build"},       Property{"cgroupns_mode"},  Property{"cgroup_parent"}, Property{"devices"},
    Property{"domainname"},  Property{"external_links"}, Property{"ipc"},           Property{"links"},
    Property{"mac_address"}, Property{"network_mode"},   Property{"pid"},           Property{"privileged"},
    Property{"restart"},     Property{"security_opt"},   Property{"shm_size"},      Property{"userns_mode"},
};

// On a cluster these would say where a container runs, how it is built or who watches it.
constexpr std::array<std::string_view, 27> kIgnoredOfCompose = {"annotations",
                                                                "attach",
                                                                "blkio_config",
                                                                "cgroup",
                                                                "cpu_count",
                                                                "cpu_percent",
                                                                "cpu_period",
                                                                "cpu_quota",
                                                                "cpu_rt_period",
                                                                "cpu_rt_runtime",
                                                                "cpu_shares",
                                                                "cpuset",
                                                                "develop",
                                                                "device_cgroup_rules",
                                                                "gpus",
                                                                "mem_swappiness",
                                                                "memswap_limit",
                                                                "oom_kill_disable",
                                                                "platform",
                                                                "post_start",
                                                                "pre_stop",
                                                                "pull_policy",
                                                                "pull_refresh_after",
                                                                "runtime",
                                                                "storage_opt",
                                                                "use_api_socket",
                                                                "uts"};

template <size_t kCount>
void collect(const Value& file, const std::array<Property, kCount>& properties, std::set<std::string>& found) {
  for (const auto& [name, service] : file.at("services").entries()) {
    for (const Property& property : properties) {
      if (!service.entries().contains(property.key)) continue;
      found.insert(std::string(property.key) + (property.advice.empty() ? "" : ": ") + std::string(property.advice));
    }
  }
}

template <size_t kCount>
std::vector<std::string> in_all(const std::vector<Value>& files, const std::array<Property, kCount>& properties) {
  std::set<std::string> found;
  for (const Value& file : files) collect(file, properties, found);
  return {found.begin(), found.end()};
}

}  // namespace

std::vector<std::string> forbidden_properties(const Value& file) { return in_all({file}, kForbidden); }
std::vector<std::string> deprecated_properties(const std::vector<Value>& files) { return in_all(files, kDeprecated); }
std::vector<std::string> unsupported_properties(const std::vector<Value>& files) { return in_all(files, kUnsupported); }

std::vector<std::string> ignored_properties(const std::vector<Value>& files) {
  std::set<std::string> found;
  for (const Value& file : files) {
    collect(file, kUnsupported, found);
    for (const auto& [name, service] : file.at("services").entries()) {
      for (const std::string_view key : kIgnoredOfCompose)
        if (service.entries().contains(key)) found.emplace(key);
    }
  }
  found.erase("restart");  // of the restart policy, which a cluster has as well
  return {found.begin(), found.end()};
}

std::span<const std::string_view> ignored_compose_keys() { return kIgnoredOfCompose; }

}  // namespace skein::stack
