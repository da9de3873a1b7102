// What all drivers of a gossip machine share: its outputs in their order, and its timer. Only for the drivers.
#pragma once

#include <memory>

#include "io/gossip/gossip_wire.h"
#include "io/loop/timer.h"

namespace skein::io {

class GossipDrive : public std::enable_shared_from_this<GossipDrive> {
 public:
  GossipDrive(const boost::asio::any_io_executor& executor, gossip::Gossip& machine, Clock& clock,
              GossipDriver::OnEvent on_event);
  virtual ~GossipDrive() = default;

  void flush();
  // The machine may be gone: it is not called any more.
  void stop_driving();
  bool is_stopped() const { return is_stopped_; }
  const boost::asio::any_io_executor& executor() const { return timer_.get_executor(); }
  TimePoint now() const { return clock_.now(); }
  gossip::Gossip& machine() { return machine_; }

 protected:
  virtual void send(const gossip::SendPacket& packet) = 0;
  virtual void open(gossip::OpenStream stream) = 0;
  virtual void reply(gossip::ReplyStream reply) = 0;

 private:
  void carry_out(gossip::Output&& output);
  void arm_timer();

  gossip::Gossip& machine_;
  Clock& clock_;
  GossipDriver::OnEvent on_event_;
  Timer timer_;
  TimePoint armed_for_ = TimePoint::never();
  bool is_flushing_ = false;
  bool is_stopped_ = false;
};

}  // namespace skein::io
