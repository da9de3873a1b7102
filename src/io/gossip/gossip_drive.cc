#include "io/gossip/gossip_drive.h"

#include <utility>

namespace skein::io {

GossipDrive::GossipDrive(const boost::asio::any_io_executor& executor, gossip::Gossip& machine, Clock& clock,
                         GossipDriver::OnEvent on_event)
    : machine_(machine), clock_(clock), on_event_(std::move(on_event)), timer_(executor) {}

// An event's receiver may command the machine and flush again: the outer call then carries out what that asked for.
void GossipDrive::flush() {
  if (is_flushing_ || is_stopped_) return;
  is_flushing_ = true;
  for (auto outputs = machine_.take_outputs(); !outputs.empty(); outputs = machine_.take_outputs()) {
    for (gossip::Output& output : outputs) carry_out(std::move(output));
  }
  is_flushing_ = false;
  arm_timer();
}

void GossipDrive::stop_driving() {
  is_stopped_ = true;
  timer_.cancel();
}

void GossipDrive::carry_out(gossip::Output&& output) {
  if (const auto* packet = std::get_if<gossip::SendPacket>(&output))
    send(*packet);
  else if (auto* stream = std::get_if<gossip::OpenStream>(&output))
    open(std::move(*stream));
  else if (auto* answer = std::get_if<gossip::ReplyStream>(&output))
    reply(std::move(*answer));
  else
    on_event_(output);
}

void GossipDrive::arm_timer() {
  const TimePoint deadline = machine_.next_deadline();
  if (deadline == armed_for_) return;
  armed_for_ = deadline;
  timer_.cancel();
  if (deadline == TimePoint::never()) return;
  timer_.expires_after(std::max(deadline - clock_.now(), Duration::zero()));
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (cancelled || self->is_stopped_) return;
    self->armed_for_ = TimePoint::never();
    self->machine_.on_timer(self->clock_.now());
    self->flush();
  });
}

}  // namespace skein::io
