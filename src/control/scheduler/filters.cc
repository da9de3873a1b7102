#include "control/scheduler/filters.h"

#include <algorithm>

namespace skein::control {
namespace {

bool is_ready(const api::Node& node) {
  return node.status().state() == api::NodeStatus::READY && node.spec().availability() == api::ACTIVE;
}

// Machines and images name the same processors differently.
std::string_view image_architecture(std::string_view name) {
  return name == "x86_64" ? "amd64" : name == "aarch64" ? "arm64" : name;
}

bool is_plugin_named(const api::PluginDescription& plugin, const std::string& name) {
  return plugin.name() == name || plugin.name() == name + ":latest";
}

std::string explain(Filter filter, size_t nodes) {
  std::string count = std::to_string(nodes) + (nodes == 1 ? " node" : " nodes");
  switch (filter) {
    case Filter::kReady: return count + " not available for new tasks";
    case Filter::kResources: return "insufficient resources on " + count;
    case Filter::kPlugins: return "missing plugin on " + count;
    case Filter::kConstraints: return "scheduling constraints not satisfied on " + count;
    case Filter::kPlatform: return "unsupported platform on " + count;
    case Filter::kHostPorts: return "host-mode port already in use on " + count;
    case Filter::kMaxReplicas: return "max replicas per node limit exceed";
  }
  return {};
}

}  // namespace

TaskNeeds::TaskNeeds(const api::Task& task) : task_(task), host_ports_(host_ports_of(task)) {
  for (const api::Mount& mount : task.spec().container().mounts()) {
    const std::string& driver = mount.volume_options().driver_config().name();
    if (mount.type() == api::Mount::VOLUME && !driver.empty() && driver != "local")
      plugins_.push_back({"Volume", driver, true});
  }
  for (const api::NetworkAttachment& attachment : task.networks()) {
    const std::string& driver = attachment.network().driver_state().name();
    if (!driver.empty()) plugins_.push_back({"Network", driver, true});
  }
  const std::string& log_driver = task.spec().log_driver().name();
  if (!log_driver.empty() && log_driver != "none") plugins_.push_back({"Log", log_driver, false});
  auto constraints = parse_constraints(task.spec().placement().constraints());
  if (constraints.ok()) constraints_ = std::move(*constraints);
}

std::optional<Filter> TaskNeeds::first_unmet(const NodeLoad& load) const {
  const api::Node& node = load.node();
  uint64_t max_replicas = task_.spec().placement().max_replicas();
  if (!is_ready(node)) return Filter::kReady;
  if (!load.free().has_room(task_.spec().resources().reservations())) return Filter::kResources;
  if (!has_plugins(node)) return Filter::kPlugins;
  if (!constraints_ || !satisfies(*constraints_, node)) return Filter::kConstraints;
  if (!is_platform_supported(node)) return Filter::kPlatform;
  if (!has_free_ports(load)) return Filter::kHostPorts;
  if (max_replicas > 0 && load.active_of(task_.service_id()) >= max_replicas) return Filter::kMaxReplicas;
  return std::nullopt;
}

bool TaskNeeds::has_plugins(const api::Node& node) const {
  if (!node.description().has_engine()) return true;
  const auto& all = node.description().engine().plugins();
  return std::all_of(plugins_.begin(), plugins_.end(), [&](const Plugin& needed) {
    bool is_type_reported = needed.is_sure;
    for (const api::PluginDescription& plugin : all) {
      if (plugin.type() != needed.type) continue;
      if (is_plugin_named(plugin, needed.name)) return true;
      is_type_reported = true;
    }
    return !is_type_reported;
  });
}

bool TaskNeeds::is_platform_supported(const api::Node& node) const {
  const auto& platforms = task_.spec().placement().platforms();
  const api::Platform& actual = node.description().platform();
  return platforms.empty() || std::any_of(platforms.begin(), platforms.end(), [&](const api::Platform& platform) {
           return (platform.os().empty() || platform.os() == actual.os()) &&
                  (platform.architecture().empty() ||
                   image_architecture(platform.architecture()) == image_architecture(actual.architecture()));
         });
}

bool TaskNeeds::has_free_ports(const NodeLoad& load) const {
  return std::none_of(host_ports_.begin(), host_ports_.end(),
                      [&](const PublishedPort& port) { return load.is_port_used(port); });
}

std::string Refusals::text() const {
  std::array<size_t, kFilterCount> order{};
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return counts_[a] > counts_[b]; });
  std::string out;
  for (size_t i : order)
    if (counts_[i] > 0) out += (out.empty() ? "" : "; ") + explain(static_cast<Filter>(i), counts_[i]);
  return out;
}

}  // namespace skein::control
