#include "cmd/cli/service/service_format.h"

#include <algorithm>
#include <tuple>

#include "cmd/cli/service/task_format.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

std::string mode_of(const Json& mode) {
  if (mode.contains("Replicated")) return "replicated";
  if (mode.contains("Global")) return "global";
  if (mode.contains("ReplicatedJob")) return "replicated job";
  return mode.contains("GlobalJob") ? "global job" : "";
}

std::string fraction(int64_t part, int64_t whole) { return std::to_string(part) + "/" + std::to_string(whole); }

std::string replicas_of(const Json& service) {
  const Json& spec = at(service, "Spec");
  const Json& status = at(service, "ServiceStatus");
  const Json& mode = at(spec, "Mode");
  const int64_t desired = number_at(status, "DesiredTasks");
  const int64_t completed = number_at(status, "CompletedTasks");
  const std::string running = fraction(number_at(status, "RunningTasks"), desired);
  if (mode.contains("ReplicatedJob"))
    return running + " (" + fraction(completed, number_at(at(mode, "ReplicatedJob"), "TotalCompletions")) +
           " completed)";
  if (mode.contains("GlobalJob")) return running + " (" + fraction(completed, desired + completed) + " completed)";
  const int64_t per_node = number_at(at(at(spec, "TaskTemplate"), "Placement"), "MaxReplicas");
  return per_node > 0 ? running + " (max " + std::to_string(per_node) + " per node)" : running;
}

struct PortRange {
  std::string protocol;
  int64_t published = 0;
  int64_t target = 0;
  int64_t last_published = 0;
  int64_t last_target = 0;
};

std::string range_text(int64_t first, int64_t last) {
  return last > first ? std::to_string(first) + "-" + std::to_string(last) : std::to_string(first);
}

std::string text_of(const PortRange& range) {
  return "*:" + range_text(range.published, range.last_published) + "->" + range_text(range.target, range.last_target) +
         "/" + range.protocol;
}

// "*:80->80/tcp, *:8000-8002->80-82/udp": what is reached on every node. Neighbours are drawn together.
std::string ports_of(const Json& service) {
  std::vector<PortRange> ports;
  for (const Json& port : at(at(service, "Endpoint"), "Ports")) {
    if (text_at(port, "PublishMode") != "ingress") continue;
    const int64_t published = number_at(port, "PublishedPort");
    const int64_t target = number_at(port, "TargetPort");
    ports.push_back({text_at(port, "Protocol"), published, target, published, target});
  }
  std::sort(ports.begin(), ports.end(), [](const PortRange& a, const PortRange& b) {
    return std::tie(a.protocol, a.published) < std::tie(b.protocol, b.published);
  });
  std::vector<PortRange> ranges;
  for (const PortRange& port : ports) {
    PortRange* const last = ranges.empty() ? nullptr : &ranges.back();
    const bool is_next = last != nullptr && last->protocol == port.protocol &&
                         port.published - last->last_published <= 1 && port.target - last->last_target <= 1 &&
                         port.target >= last->last_target;
    if (is_next) {
      last->last_published = port.published;
      last->last_target = port.target;
    } else {
      ranges.push_back(port);
    }
  }
  std::string text;
  for (const PortRange& range : ranges) text += (text.empty() ? "" : ", ") + text_of(range);
  return text;
}

// The short name of an image on the default registry.
std::string familiar(const std::string& image) {
  for (const std::string_view prefix : {"docker.io/library/", "docker.io/"})
    if (image.starts_with(prefix)) return image.substr(prefix.size());
  return image;
}

}  // namespace

Listing service_listing() {
  return {{{"ID", "ID"},
           {"Name", "NAME"},
           {"Mode", "MODE"},
           {"Replicas", "REPLICAS"},
           {"Image", "IMAGE"},
           {"Ports", "PORTS"}},
          6};
}

Json service_row(const Json& service) {
  const Json& spec = at(service, "Spec");
  const std::string image = text_at(at(at(spec, "TaskTemplate"), "ContainerSpec"), "Image");
  return {{"ID", short_id(text_at(service, "ID"))},   {"Name", text_at(spec, "Name")},
          {"Mode", mode_of(at(spec, "Mode"))},        {"Replicas", replicas_of(service)},
          {"Image", familiar(without_digest(image))}, {"Ports", ports_of(service)}};
}

}  // namespace skein::cli
