// Frames on their way to the TAP device: TCP segments of one flow that follow each other become one train, which the
// kernel takes in one write. Nothing is copied: a train is a list of pieces of the buffers its frames came in. Pure.
//
// Frames join while addresses, ports, options, acknowledgement, window and all else but sequence number and lengths are
// equal, the payload goes on where the last ended and is as long as the first's (the last may be shorter), and up to
// one with PSH. A checksum that was computed is checked before its frame joins one, since the kernel cannot any more.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <span>

#include "esp/packet/inner.h"
#include "esp/packet/tap_frame.h"

namespace skein::esp {

// Where whole frames go, each as pieces, virtio and outer headers first.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual void write(std::span<const iovec> pieces, size_t frames) = 0;
};

class Joiner {
 public:
  explicit Joiner(FrameSink& sink) : sink_(sink) {}

  // The frame's buffer stays until the next flush. At least an Ethernet header long.
  void add(std::span<uint8_t> frame, const Outer& outer, bool is_partial);
  // To be called when nothing follows at once: packets do not wait here.
  void flush();

 private:
  static constexpr size_t kSegmentsMax = 128;
  bool follows(std::span<const uint8_t> frame, const Inner& inner, const Outer& outer, bool is_partial) const;
  void start(std::span<uint8_t> frame, const Outer& outer, bool is_partial, const std::optional<Inner>& inner);
  void write_train();

  FrameSink& sink_;
  std::span<uint8_t> first_;  // empty: nothing waits
  Inner inner_;               // of the first, if `can_grow_`
  Outer outer_;
  bool is_partial_ = false;
  bool can_grow_ = false;
  uint32_t next_sequence_ = 0;
  size_t payload_bytes_ = 0;  // of all
  uint8_t last_flags_ = 0;
  size_t count_ = 0;
  std::array<uint8_t, kVnetBytes + kOuterBytes> head_;
  std::array<iovec, 1 + kSegmentsMax> pieces_;  // the head and the first frame are set when written
};

}  // namespace skein::esp
