// From the underlay to the TAP device: a packet is looked up by source and SPI, opened, and handed to the joiner. Pure,
// but for the windows it marks; one thread.
#pragma once

#include <span>

#include "esp/crypto/drops.h"
#include "esp/path/joiner.h"
#include "esp/path/tables.h"

namespace skein::esp {

struct InboundThread {
  unsigned index;
  Joiner& joiner;
  DropCounts& drops;
};

// One ESP packet. It stays in its place until the joiner's next flush. What is not delivered is counted.
void receive_esp(const Tables& tables, Ipv4 source, std::span<uint8_t> packet, InboundThread thread);

// One UDP datagram, or a train of datagrams of `segment_bytes` each but the last (UDP_GRO).
void receive_udp(const Tables& tables, Ipv4 source, std::span<uint8_t> datagrams, size_t segment_bytes,
                 InboundThread thread);

// What a raw socket gives: an IPv4 packet of protocol 50.
void receive_raw(const Tables& tables, std::span<uint8_t> packet, InboundThread thread);

}  // namespace skein::esp
