#include "overlay/endpoints/port_holder.h"

#include <netinet/in.h>

#include <set>

#include "model/held_port.h"

namespace skein::overlay {

namespace {

constexpr size_t kPortsToldMax = 100;  // of which there are rarely more than one
constexpr size_t kHoldersToldMax = 3;  // of one port

model::HeldPort port_of(const PortHolder& holder) {
  using docker::swarmkit::v1::PortConfig;
  return {holder.protocol == IPPROTO_UDP ? PortConfig::UDP : PortConfig::TCP, holder.port};
}

std::string joined(const std::set<std::string>& texts) {
  std::string out;
  size_t count = 0;
  for (const auto& each : texts) {
    if (++count > kHoldersToldMax) return out + " and " + std::to_string(texts.size() - kHoldersToldMax) + " more";
    out += (out.empty() ? "" : ", ") + each;
  }
  return out;
}

}  // namespace

std::string text(const PortHolder& holder) {
  std::string out = holder.process;
  if (holder.pid) out += " (pid " + std::to_string(holder.pid) + ")";
  if (!holder.address.is_unspecified()) out += " at " + holder.address.text();
  return out;
}

std::map<std::string, std::string> port_labels(const std::vector<PortHolder>& holders) {
  std::map<model::HeldPort, std::set<std::string>> by_port;
  for (const PortHolder& holder : holders) by_port[port_of(holder)].insert(text(holder));
  std::map<std::string, std::string> out;
  for (const auto& [port, texts] : by_port) {
    if (out.size() == kPortsToldMax) break;
    out[port.label()] = joined(texts);
  }
  return out;
}

}  // namespace skein::overlay
