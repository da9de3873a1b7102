// Gossip between hosts of a simulated network, in one process: packets are lost, doubled, delayed and so overtaken;
// streams take longer where packets would be lost. All is drawn from the given random numbers.
//
//   InProcessGossip gossip(network, loop, random);
//   agent: gossip.host(worker).open(context, machine, …)
//
// Cuts are those of the network of remote calls. Must outlive all drivers, and the loop's running. One thread.
#pragma once

#include <map>
#include <memory>

#include "base/random.h"
#include "base/time/loop.h"
#include "io/gossip/gossip_wire.h"
#include "io/rpc/in_process/network.h"

namespace skein::io {

struct GossipWeather {
  double loss = 0;  // of packets; on streams each loss is a retransmission, that is a delay
  double duplicates = 0;
  Duration delay_min = std::chrono::microseconds(200);
  Duration delay_max = std::chrono::milliseconds(2);
};

class InProcessGossip {
 public:
  InProcessGossip(const rpc::InProcessNetwork& network, Loop& loop, Random& random);
  ~InProcessGossip();

  // The way of the host that has this address.
  GossipWire& host(const IpAddress& address);
  void set_weather(GossipWeather weather) { weather_ = weather; }

 private:
  class Host;
  class Drive;
  class Driver;

  bool is_cut(const IpAddress& one, const IpAddress& other) const;
  Duration delay();
  Duration stream_delay();
  void carry(const IpAddress& from, const gossip::SendPacket& packet);
  void open(const std::shared_ptr<Drive>& from, gossip::OpenStream stream);
  void accept(const std::weak_ptr<Drive>& from, const IpAddress& from_address, const gossip::OpenStream& stream);
  void at(TimePoint time, std::weak_ptr<Drive> drive, std::function<void(Drive&)> act);

  const rpc::InProcessNetwork& network_;
  Loop& loop_;
  Random& random_;
  GossipWeather weather_;
  std::map<IpAddress, std::unique_ptr<Host>> hosts_;
  std::map<IpAddress, std::weak_ptr<Drive>> drives_;  // whose port is taken
  gossip::StreamId last_stream_ = 0;
};

}  // namespace skein::io
