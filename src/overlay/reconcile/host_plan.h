// What the kernel of this host is to hold, kept from one change to the next: what was derived for a change is put into
// what is in force, at the cost of the change. On the loop's thread.
//
// All is derived anew, and the kernel read back, at the start, after failures and whenever asked for.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "overlay/endpoints/endpoint.h"
#include "overlay/host/host_network.h"
#include "overlay/peers/remote_records.h"
#include "overlay/reconcile/network_states.h"
#include "plan/intent.h"
#include "plan/merge.h"

namespace skein::overlay {

class HostPlan {
 public:
  // Book and records outlive the plan.
  HostPlan(const EndpointBook& book, RemoteRecords& remote) : book_(book), remote_(remote) {}

  // The next bring_about() reads the kernel back.
  void distrust_kernel() { is_held_ = false; }
  // The next one looks whether the links of these endpoints are there: a namespace takes its links with it.
  void distrust_links(const std::set<std::string>& endpoint_ids) {
    if (is_held_) plan::forget_links(own_wanted(), endpoint_ids);
    are_links_known_ = false;
  }
  // What is remembered of the book is no longer all of it.
  void note_book_changed() { is_book_changed_ = true; }

  // The ports of the mesh that are in force; null while something failed.
  const std::map<plan::MeshPort, plan::MeshTarget>* mesh_ports() const {
    return is_held_ ? &wanted_->mesh_ports : nullptr;
  }

  // What the kernel was to hold after the last bring_about(), as it was then; null before the first.
  std::shared_ptr<const plan::Intent> intent() const { return wanted_; }

  // Tunnel endpoints of all hosts that have something on our networks.
  std::set<Ipv4> hosts() const;

  // `surroundings` is the view without networks and ports.
  plan::ApplyFailures bring_about(HostNetwork& host, const plan::NetworkView& surroundings);

 private:
  plan::ApplyFailures bring_about_all(HostNetwork& host, const plan::NetworkView& surroundings);
  plan::ApplyFailures bring_about_part(HostNetwork& host, const plan::NetworkView& surroundings, Addresses touched);
  plan::ApplyFailures bring_about_records(HostNetwork& host, const plan::NetworkView& surroundings, Addresses touched);
  Addresses touched_here() const;
  std::set<PortNumber> ports_led_to(const std::set<Ipv4>& services) const;
  plan::Part connect(Addresses touched, std::vector<plan::NetworkState>& networks) const;
  void put_rest(plan::NetworkView& view) const;

  const EndpointBook& book_;
  RemoteRecords& remote_;
  plan::Intent& own_wanted();
  void take(plan::Intent wanted, bool is_held);

  std::shared_ptr<plan::Intent> wanted_;       // shared with who shows it; then copied before it is changed
  bool is_held_ = false;                       // by the kernel
  bool are_links_known_ = false;               // or else it lacks links that may be there
  std::set<std::string> networks_;             // of wanted_
  std::map<std::string, Endpoint> endpoints_;  // this host's, as of wanted_
  plan::NetworkView surroundings_;             // of wanted_
  uint64_t hosts_version_ = 0;                 // of remote_, as of wanted_
  bool is_book_changed_ = true;
};

}  // namespace skein::overlay
