#include "overlay/reconcile/host_plan.h"

#include "plan/compile.h"
#include "plan/merge.h"

namespace skein::overlay {

namespace {

std::set<std::string> networks_of(const EndpointBook& book) {
  std::set<std::string> out;
  for (const auto& [id, endpoint] : book.endpoints) out.insert(endpoint.network.id);
  if (book.mesh) out.insert(book.mesh->network.id);
  return out;
}

void touch(const Endpoint& endpoint, Addresses& out) {
  auto& touched = out[endpoint.network.id];
  touched.insert(endpoint.address);
  if (auto virtual_ip = claimed_by(endpoint)) touched.insert(*virtual_ip);
}

}  // namespace

std::set<Ipv4> HostPlan::hosts() const {
  std::set<Ipv4> out;
  for (const auto& network : overlay_networks(book_))
    for (const auto& [host, count] : remote_.index(network).hosts()) out.insert(host);
  return out;
}

plan::Intent& HostPlan::own_wanted() {
  SKEIN_ASSERT(wanted_);
  if (wanted_.use_count() > 1) wanted_ = std::make_shared<plan::Intent>(*wanted_);
  return *wanted_;
}

void HostPlan::take(plan::Intent wanted, bool is_held) {
  wanted_ = std::make_shared<plan::Intent>(std::move(wanted));
  is_held_ = is_held;
}

// All that is no table of endpoints and services.
void HostPlan::put_rest(plan::NetworkView& view) const {
  for (auto& network : view.networks)
    if (!network.is_local)
      for (const auto& [host, count] : remote_.index(network.id).hosts()) network.hosts.insert(host);
  for (const auto& [id, container] : book_.containers)
    for (const auto& port : container.ports)
      if (!port.container_address.is_unspecified()) view.ports.push_back(port);
  if (book_.mesh) view.mesh = plan::MeshHost{book_.mesh->network.vni, book_.mesh->address};
}

plan::ApplyFailures HostPlan::bring_about(HostNetwork& host, const plan::NetworkView& surroundings) {
  Addresses touched = remote_.take_touched();
  plan::ApplyFailures failures;
  if (!is_held_ || (is_book_changed_ && networks_of(book_) != networks_)) {
    failures = bring_about_all(host, surroundings);
  } else if (is_book_changed_ || !are_links_known_ || remote_.hosts_version() != hosts_version_ ||
             !(surroundings == surroundings_)) {
    for (auto& [network, addresses] : touched_here()) touched[network].merge(addresses);
    failures = bring_about_part(host, surroundings, std::move(touched));
  } else {
    return bring_about_records(host, surroundings, std::move(touched));
  }
  if (is_book_changed_) networks_ = networks_of(book_), endpoints_ = book_.endpoints;
  surroundings_ = surroundings;
  hosts_version_ = remote_.hosts_version();
  is_book_changed_ = false;
  are_links_known_ = true;
  SKEIN_ASSERT(failures.empty() == is_held_);  // what may be half done is read back
  return failures;
}

plan::ApplyFailures HostPlan::bring_about_all(HostNetwork& host, const plan::NetworkView& surroundings) {
  plan::NetworkView view = surroundings;
  view.networks = network_states(book_, remote_);
  put_rest(view);
  plan::Intent wanted = plan::compile(view);
  plan::ApplyFailures failures = is_held_ ? host.apply_since(wanted, *wanted_) : host.apply(wanted);
  take(std::move(wanted), failures.empty());
  return failures;
}

// What has changed of this host's endpoints since they were looked at last.
Addresses HostPlan::touched_here() const {
  Addresses out;
  if (!is_book_changed_) return out;
  for (const auto& [id, before] : endpoints_) {
    auto now = book_.endpoints.find(id);
    if (now == book_.endpoints.end() || now->second != before) touch(before, out);
  }
  for (const auto& [id, endpoint] : book_.endpoints) {
    auto before = endpoints_.find(id);
    if (before == endpoints_.end() || before->second != endpoint) touch(endpoint, out);
  }
  return out;
}

// Only one network has published ports.
std::set<PortNumber> HostPlan::ports_led_to(const std::set<Ipv4>& services) const {
  SKEIN_ASSERT(is_held_);
  std::set<PortNumber> out;
  for (const auto& [port, target] : wanted_->mesh_ports)
    if (!target.is_container && services.contains(target.service)) out.insert({port.protocol, port.port});
  return out;
}

// The states of all networks, and what of them is complete.
plan::Part HostPlan::connect(Addresses touched, std::vector<plan::NetworkState>& networks) const {
  for (auto& [network, addresses] : touched) {
    const auto own = own_claims(book_, network);
    addresses = remote_.index(network).connected(addresses, own);
    if (const auto ports = ports_led_to(addresses); !ports.empty())
      addresses = remote_.index(network).connected(addresses, own, ports);
  }
  networks = network_states(book_, remote_, &touched);
  plan::Part part;
  for (const auto& network : networks)
    if (auto addresses = touched.find(network.id); addresses != touched.end())
      part[network.vni] = std::move(addresses->second);
  SKEIN_ASSERT(part.size() <= touched.size());
  return part;
}

plan::ApplyFailures HostPlan::bring_about_part(HostNetwork& host, const plan::NetworkView& surroundings,
                                               Addresses touched) {
  SKEIN_ASSERT(is_held_);
  plan::NetworkView view = surroundings;
  const plan::Part part = connect(std::move(touched), view.networks);
  put_rest(view);
  const plan::Intent compiled = plan::compile(view);
  plan::Intent next = *wanted_;
  (void)plan::merge_tables(next, compiled, part);
  plan::take_rest(next, compiled);
  if (next == *wanted_) return {};
  plan::ApplyFailures failures = host.apply_since(next, *wanted_);
  take(std::move(next), failures.empty());
  return failures;
}

// Nothing but records of other hosts has changed.
plan::ApplyFailures HostPlan::bring_about_records(HostNetwork& host, const plan::NetworkView& surroundings,
                                                  Addresses touched) {
  SKEIN_ASSERT(is_held_ && !is_book_changed_);
  plan::ApplyFailures failures;
  if (touched.empty()) return failures;
  plan::NetworkView view;
  view.data_path_address = surroundings.data_path_address;
  const plan::Part part = connect(std::move(touched), view.networks);
  const plan::Changes changes = plan::merge_tables(own_wanted(), plan::compile(view), part);
  if (!changes.empty()) failures = host.carry_out(changes, *wanted_);
  is_held_ = failures.empty();
  return failures;
}

}  // namespace skein::overlay
