// From the TAP device to the underlay: a frame is cut, sealed for the host that its outer headers name, and put into
// the batch. Pure, but for the sequence numbers it takes; one thread.
#pragma once

#include <span>

#include "esp/crypto/drops.h"
#include "esp/path/send_batch.h"
#include "esp/path/tables.h"

namespace skein::esp {

// What sends the batch when it is full, and clears it.
class BatchSender {
 public:
  virtual ~BatchSender() = default;
  virtual void send(SendBatch& batch) = 0;
};

struct OutboundThread {
  unsigned index;
  SendBatch& batch;
  BatchSender& sender;
  DropCounts& drops;
};

// One read of the TAP device. What is not sent is counted.
void send_tap_frame(const Tables& tables, std::span<const uint8_t> bytes, OutboundThread thread);

}  // namespace skein::esp
