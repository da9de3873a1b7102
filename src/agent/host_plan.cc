#include "agent/host_plan.h"

#include "plan/compile.h"
#include "plan/merge.h"

namespace skein::agent {

namespace {

std::set<std::string> networks_of(const EndpointBook& book) {
  std::set<std::string> out;
  for (const auto& [id, endpoint] : book.endpoints) out.insert(endpoint.network.id);
  return out;
}

void touch(const Endpoint& endpoint, Addresses& out) {
  auto& touched = out[endpoint.network.id];
  touched.insert(endpoint.address);
  if (endpoint.service && endpoint.service->virtual_ip) touched.insert(*endpoint.service->virtual_ip);
}

}  // namespace

std::set<Ipv4> HostPlan::hosts() const {
  std::set<Ipv4> out;
  for (const auto& network : overlay_networks(book_))
    for (const auto& [host, count] : remote_.index(network).hosts()) out.insert(host);
  return out;
}

void HostPlan::put_ports(plan::NetworkView& view) const {
  for (const auto& [id, container] : book_.containers)
    for (const auto& port : container.ports)
      if (!port.container_address.is_unspecified()) view.ports.push_back(port);
}

plan::ApplyFailures HostPlan::bring_about(HostNetwork& host, plan::NetworkView surroundings) {
  put_ports(surroundings);
  Addresses touched = remote_.take_touched();
  if (!held_ || networks_of(book_) != networks_) return bring_about_all(host, std::move(surroundings));
  for (auto& [network, addresses] : touched_here()) touched[network].merge(addresses);
  return bring_about_part(host, std::move(surroundings), touched);
}

plan::ApplyFailures HostPlan::bring_about_all(HostNetwork& host, plan::NetworkView view) {
  view.networks = network_states(book_, remote_);
  plan::Intent wanted = plan::compile(view);
  plan::ApplyFailures failures = held_ ? host.apply_since(wanted, *held_) : host.apply(wanted);
  held_.reset();
  if (!failures.empty()) return failures;
  held_ = std::move(wanted);
  networks_ = networks_of(book_);
  endpoints_ = book_.endpoints;
  is_book_changed_ = false;
  return failures;
}

// What has changed of this host's endpoints since they were looked at last.
Addresses HostPlan::touched_here() {
  Addresses out;
  if (!std::exchange(is_book_changed_, false)) return out;
  for (const auto& [id, before] : endpoints_) {
    auto now = book_.endpoints.find(id);
    if (now == book_.endpoints.end() || now->second != before) touch(before, out);
  }
  for (const auto& [id, endpoint] : book_.endpoints) {
    auto before = endpoints_.find(id);
    if (before == endpoints_.end() || before->second != endpoint) touch(endpoint, out);
  }
  endpoints_ = book_.endpoints;
  return out;
}

plan::ApplyFailures HostPlan::bring_about_part(HostNetwork& host, plan::NetworkView view, const Addresses& touched) {
  Addresses connected;
  for (const auto& [network, addresses] : touched)
    connected[network] = remote_.index(network).connected(addresses, own_claims(book_, network));
  view.networks = network_states(book_, remote_, &connected);
  plan::Part part;
  for (const auto& network : view.networks)
    if (auto addresses = connected.find(network.id); addresses != connected.end())
      part[network.vni] = std::move(addresses->second);
  const plan::Intent compiled = plan::compile(view);

  plan::ApplyFailures failures;
  if (plan::differ_in_tables_only(compiled, *held_) && compiled.hosts == held_->hosts) {
    const plan::Changes changes = plan::merge_tables(*held_, compiled, part);
    if (!changes.empty()) failures = host.carry_out(changes, *held_);
  } else {
    plan::Intent next = *held_;
    (void)plan::merge_tables(next, compiled, part);
    plan::take_rest(next, compiled);
    failures = host.apply_since(next, *held_);
    held_ = std::move(next);
  }
  if (!failures.empty()) held_.reset();
  return failures;
}

}  // namespace skein::agent
