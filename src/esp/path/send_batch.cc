#include "esp/path/send_batch.h"

#include "esp/packet/packet.h"

namespace skein::esp {

SendBatch::SendBatch(uint16_t udp_port)
    : udp_port_(udp_port), buffer_(make_in_pages<std::array<uint8_t, kBytesMax>>()) {
  messages_.reserve(kMessagesMax);
}

std::span<uint8_t> SendBatch::room(size_t bytes) {
  if (messages_.size() == kMessagesMax || kBytesMax - used_ < bytes) return {};
  return {buffer_->data() + used_, bytes};
}

bool SendBatch::extends_last(Ipv4 target, Form form, size_t bytes) const {
  if (messages_.empty() || form != Form::kUdp) return false;
  const Message& last = messages_.back();
  return last.form == form && last.target == target && last.segments < kSegmentsMax && bytes <= last.segment_bytes &&
         last.bytes == size_t{last.segment_bytes} * last.segments && last.bytes + bytes <= kDatagramBytesMax;
}

void SendBatch::commit(Ipv4 target, Form form, size_t bytes) {
  if (extends_last(target, form, bytes)) {
    messages_.back().bytes += bytes;
    ++messages_.back().segments;
  } else {
    messages_.push_back({target, form, used_, bytes, static_cast<uint16_t>(bytes), 1});
  }
  used_ += bytes;
}

void SendBatch::clear() {
  used_ = 0;
  messages_.clear();
}

}  // namespace skein::esp
