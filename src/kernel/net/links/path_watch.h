// How packets reach other hosts: routes, next hops and MTUs, kept current from the kernel.
//
//   PathWatch watch = PathWatch::open();  watch.set_targets({10.0.0.2, …});
//   when watch.fd() is readable:  if (watch.take_events() != kNone) { if (watch.refresh_changed()) use watch.paths(); }
//
// refresh() is to be called now and then (every minute): it asks the kernel to confirm neighbours that have become
// stale, since our packets pass by the kernel's own neighbour code and confirm nothing. Resolution of a next hop that
// is not known yet is triggered, and its answer arrives as an event; meanwhile the path has no next_hop_mac.
//
// A target without a route has a path with interface_index 0, as has one that is an address of this host. Never blocks
// on the network. One thread.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/address.h"
#include "base/result.h"
#include "plan/intent.h"

namespace skein::kernel::net {

class PathWatch {
 public:
  // Watches the caller's network namespace.
  static Result<PathWatch> open();
  PathWatch(PathWatch&&) noexcept;
  PathWatch& operator=(PathWatch&&) noexcept;
  ~PathWatch();

  // Readable when something may have changed. Stays owned by the watch.
  int fd() const;

  // What the waiting events, which are taken, may mean for the targets. An overrun counts as news of everything.
  // kClients: addresses and routes of IPv6, by which clients of the host are reached, but no other hosts. kDevices:
  // interfaces, addresses or routes, and maybe all of the others.
  enum class News { kNone, kNeighbours, kClients, kDevices };
  News take_events();
  // Names of links of ours (link.h) that went since they were taken last, whoever removed them.
  std::set<std::string> take_removed_links();

  // Tunnel endpoints of the other hosts. Those that are new are asked about.
  void set_targets(const std::set<Ipv4>& targets);

  // Asks the kernel again about the targets that events were about, or about all; true if paths() changed.
  bool refresh_changed();
  bool refresh();

  const std::map<Ipv4, plan::HostPath>& paths() const;

  // The device that bears this address of ours, where tunnel packets arrive. kNotFound if none does.
  Result<uint32_t> interface_of(Ipv4 own_address);

 private:
  struct State;
  explicit PathWatch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace skein::kernel::net
