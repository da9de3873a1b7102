// The swarm of a manager that waits for its unlock key: it knows where its tunnels end, and nothing else. Packets go on
// by what the host knew when its daemon ended.
#pragma once

#include <optional>

#include "overlay/peers/swarm_door.h"

namespace skein::overlay {

class LockedSwarm final : public SwarmDoor {
 public:
  LockedSwarm(std::optional<Ipv4> data_path_address, uint16_t data_path_port, Error refusal, Clock& clock)
      : data_path_address_(data_path_address),
        data_path_port_(data_path_port),
        refusal_(std::move(refusal)),
        clock_(clock) {}

  bool is_locked() const override { return true; }
  boost::asio::awaitable<Result<Attachment>> attach(EndpointRequest, std::string) override { co_return refusal_; }
  void detach(const std::string&) override {}  // the next agent finds what is left
  void describe_anew() override {}
  Result<Ipv4> data_path_address() const override {
    if (data_path_address_) return *data_path_address_;
    return refusal_;
  }
  uint16_t data_path_port() const override { return data_path_port_; }
  gossip::Gossip* gossip() override { return nullptr; }
  void flush_gossip() override {}
  TimePoint now() const override { return clock_.now(); }

 private:
  std::optional<Ipv4> data_path_address_;
  uint16_t data_path_port_;
  Error refusal_;
  Clock& clock_;
};

}  // namespace skein::overlay
