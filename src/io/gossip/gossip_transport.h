// The sockets of gossip: UDP and TCP on one port (7946 in every swarm), driving a gossip machine in real time.
//
//   packets, stream frames, timer -> gossip::Gossip -> packets, streams; what became known -> the owner
//
// A TCP connection carries one request, as the peers have it. Everything incoming is bounded: size, time, number of
// connections and the bytes held by all of them; what exceeds a bound is closed and counted.
//
// Runs on the thread of its io_context and is not thread-safe. The machine, the clock and the io_context must outlive
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/metrics.h"
#include "io/gossip/gossip_wire.h"

namespace skein::io {

struct GossipTransportConfig {
  IpAddress listen;  // all IPv4 addresses by default; the unspecified IPv6 address listens on both families
  uint16_t port = 7946;
  Duration stream_timeout = std::chrono::seconds(10);  // for a whole connection, as peers have it
};

class GossipTransport final : public GossipDriver {
 public:
  static constexpr size_t kIncomingStreamsMax = 128;              // as Docker has it
  static constexpr size_t kOutgoingStreamsMax = 256;              // further ones fail at once
  static constexpr size_t kIncomingBytesMax = 128 * 1024 * 1024;  // held by all incoming streams together
  static constexpr size_t kPacketsPerTurn = 64;                   // before other work gets its turn

  // Binds both sockets and starts to drive the machine. The error of a port that is taken says so.
  static Result<std::unique_ptr<GossipTransport>> open(boost::asio::io_context& loop, gossip::Gossip& machine,
                                                       Clock& clock, GossipTransportConfig config,
                                                       GossipDriver::OnEvent on_event);
  // Closes all sockets.
  ~GossipTransport() override;

  void flush() override;

  const Counts<GossipSocketCount>& counts() const override;

 private:
  struct State;
  explicit GossipTransport(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace skein::io
