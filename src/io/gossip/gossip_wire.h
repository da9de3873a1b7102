// How gossip reaches the other hosts: the kernel's sockets, or a simulated network (io/gossip/gossip_in_process.h).
// What the machine wants is carried out by the same code on either (io/gossip/gossip_drive.h).
#pragma once

#include <functional>
#include <memory>

#include "base/address.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/time/clock.h"
#include "gossip/gossip.h"

namespace boost::asio {
class io_context;
}

namespace skein::io {

// Drives one machine, until it is destroyed. Nothing is called afterwards.
class GossipDriver {
 public:
  // Gets the outputs that are no I/O: MemberChanged, EntryChanged, NetworkPeersChanged, LeaveDone. It may command the
  // machine; it must not destroy the driver.
  using OnEvent = std::function<void(const gossip::Output&)>;

  virtual ~GossipDriver() = default;
  // To be called after every command to the machine: does what it asks for. Calls from within OnEvent are fine.
  virtual void flush() = 0;
  virtual const Counts<GossipSocketCount>& counts() const = 0;
};

class GossipWire {
 public:
  virtual ~GossipWire() = default;
  // Takes the gossip port of the address, and starts to drive the machine. The error of a port that is taken says so.
  // The machine, the clock and the io_context must outlive the driver.
  virtual Result<std::unique_ptr<GossipDriver>> open(boost::asio::io_context& loop, gossip::Gossip& machine,
                                                     Clock& clock, const IpAddress& listen,
                                                     GossipDriver::OnEvent on_event) = 0;
};

// The kernel's sockets (io/gossip/gossip_transport.h). Stateless.
GossipWire& socket_gossip();

}  // namespace skein::io
