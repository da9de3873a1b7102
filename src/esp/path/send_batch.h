// Sealed packets on their way to the underlay, in as few messages as the kernel takes: in UDP, packets of one size to
// one peer are one message that the kernel cuts (UDP_SEGMENT); as protocol 50 each is its own. Pure; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "esp/control/config.h"
#include "esp/path/pages.h"

namespace skein::esp {

class SendBatch {
 public:
  static constexpr size_t kBytesMax = 2 * 65536;
  static constexpr size_t kMessagesMax = 64;
  static constexpr size_t kSegmentsMax = 128;  // of the kernel's, UDP_MAX_SEGMENTS

  struct Message {
    Ipv4 target;
    Form form = Form::kUdp;
    size_t offset = 0, bytes = 0;
    uint16_t segment_bytes = 0;  // of each but the last
    uint16_t segments = 0;
  };

  explicit SendBatch(uint16_t udp_port);

  // Room for one packet; empty if it must be sent first.
  std::span<uint8_t> room(size_t bytes);
  // The room given last holds a packet for `target`.
  void commit(Ipv4 target, Form form, size_t bytes);

  std::span<const Message> messages() const { return {messages_.data(), messages_.size()}; }
  uint8_t* bytes_of(const Message& message) { return buffer_->data() + message.offset; }
  bool is_empty() const { return messages_.empty(); }
  size_t used_bytes() const { return used_; }
  uint16_t udp_port() const { return udp_port_; }  // of all targets
  void clear();

 private:
  bool extends_last(Ipv4 target, Form form, size_t bytes) const;

  uint16_t udp_port_;
  InPages<std::array<uint8_t, kBytesMax>> buffer_;
  size_t used_ = 0;
  std::vector<Message> messages_;  // never grows beyond its first capacity
};

}  // namespace skein::esp
