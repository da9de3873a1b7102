// A swarm whose manager gives the addresses that a test wants, with the gossip of this host alone or of one host of a
// simulated cluster. For tests only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "gossip/sim_network.h"
#include "overlay/peers/swarm_door.h"

namespace skein::overlay {

struct ManagerOfTests : SwarmDoor {
  std::map<std::string, Attachment> attachments;  // by network, as the user wrote it
  std::vector<std::string> detached;

  boost::asio::awaitable<Result<Attachment>> attach(EndpointRequest request, std::string) override {
    auto found = attachments.find(request.network);
    if (found == attachments.end()) co_return make_error(Code::kNotFound, "network " + request.network + " not found");
    co_return found->second;
  }
  void detach(const std::string& id) override { detached.push_back(id); }
  uint16_t data_path_port() const override { return 4789; }
  int described = 0;
  void describe_anew() override { ++described; }
};

struct FakeSwarm final : ManagerOfTests {
  SeededRandom random{1};
  std::optional<gossip::Gossip> machine;
  int flushed = 0;
  mutable int asked = 0;  // for the tunnel endpoint, as each pass does

  explicit FakeSwarm(const std::string& name) { start(name); }
  void start(const std::string& name) {
    gossip::GossipConfig config;
    config.name = name;
    config.advertise = {IpAddress::from(*Ipv4::parse("192.168.1.11")), 7946};
    config.keys = {std::string(16, 'k')};
    machine.emplace(config, random, TimePoint{0});
  }
  Result<Ipv4> data_path_address() const override {
    ++asked;
    return *Ipv4::parse("192.168.1.11");
  }
  gossip::Gossip* gossip() override { return machine ? &*machine : nullptr; }
  void flush_gossip() override { ++flushed; }
  TimePoint now() const override { return TimePoint{0}; }
};

struct SimulatedHost final : ManagerOfTests {
  gossip::SimNetwork& network;
  size_t host;

  SimulatedHost(gossip::SimNetwork& n, size_t h) : network(n), host(h) {}
  Result<Ipv4> data_path_address() const override { return gossip::SimNetwork::address_of(host).host.v4; }
  gossip::Gossip* gossip() override { return &network.gossip(host); }
  void flush_gossip() override { network.flush(host); }
  TimePoint now() const override { return network.now(); }
};

}  // namespace skein::overlay
