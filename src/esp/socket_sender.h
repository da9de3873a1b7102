// Sends a batch by the sockets of one thread. Nothing waits: what the kernel does not take is dropped and counted.
#pragma once

#include "esp/crypto/drops.h"
#include "esp/path/outbound.h"

namespace skein::esp {

class SocketSender final : public BatchSender {
 public:
  SocketSender(int udp, int raw, DropCounts& drops) : udp_(udp), raw_(raw), drops_(drops) {}
  void send(SendBatch& batch) override;

 private:
  void send_run(SendBatch& batch, size_t from, size_t to, int fd);

  int udp_, raw_;
  DropCounts& drops_;
};

}  // namespace skein::esp
