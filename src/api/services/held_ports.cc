#include "api/services/held_ports.h"

#include <algorithm>
#include <vector>

namespace skein::api {

namespace swarm = model::api;

namespace {

constexpr size_t kTroublesShownMax = 3;
constexpr size_t kHolderBytesMax = 200;  // a node's own words

const std::string& host_of(const swarm::Node& node) {
  return node.description().hostname().empty() ? node.id() : node.description().hostname();
}

// A host that is down says nothing of now.
void add_troubles(const model::HeldPort& port, const store::Tables& view, std::vector<std::string>& out) {
  for (const auto& [node_id, holder] : view.index<HeldPorts>().of(port)) {
    auto node = view.get<swarm::Node>(node_id);
    if (!node || node->status().state() != swarm::NodeStatus::READY) continue;
    out.push_back("port " + port.text() + " is held by " + holder.substr(0, kHolderBytesMax) + " on " + host_of(*node) +
                  ", which gets no new connections while it is published");
  }
}

}  // namespace

void HeldPorts::apply(const store::Change& change) {
  if (change.kind != store::Kind::kNode) return;
  if (auto old = change.old<swarm::Node>())
    for (const auto& [label, holder] : old->description().engine().labels())
      if (auto port = model::HeldPort::of_label(label)) {
        ports_[*port].erase(old->id());
        if (ports_[*port].empty()) ports_.erase(*port);
      }
  if (auto now = change.now<swarm::Node>())
    for (const auto& [label, holder] : now->description().engine().labels())
      if (auto port = model::HeldPort::of_label(label)) ports_[*port][now->id()] = holder;
}

const HeldPorts::Holders& HeldPorts::of(const model::HeldPort& port) const {
  static const Holders kNone;
  auto found = ports_.find(port);
  return found == ports_.end() ? kNone : found->second;
}

std::string port_trouble(const swarm::Service& service, const store::Tables& view) {
  std::vector<std::string> troubles;
  for (const auto& port : service.endpoint().ports())
    if (port.publish_mode() == swarm::PortConfig::INGRESS)
      add_troubles({port.protocol(), port.published_port()}, view, troubles);
  std::string out;
  for (size_t i = 0; i < std::min(troubles.size(), kTroublesShownMax); ++i) out += (i ? "; " : "") + troubles[i];
  if (troubles.size() > kTroublesShownMax)
    out += "; and " + std::to_string(troubles.size() - kTroublesShownMax) + " more";
  return out;
}

std::map<std::string, std::string> port_troubles(const std::vector<store::Ref<swarm::Task>>& tasks,
                                                 const store::Tables& view) {
  std::map<std::string, std::string> out;
  if (view.index<HeldPorts>().empty()) return out;
  for (const auto& task : tasks) {
    auto [place, is_new] = out.try_emplace(task->service_id());
    if (!is_new) continue;
    if (auto service = view.get<swarm::Service>(task->service_id())) place->second = port_trouble(*service, view);
  }
  return out;
}

}  // namespace skein::api
