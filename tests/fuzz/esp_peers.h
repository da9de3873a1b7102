// For fuzz targets: tables of two hosts that are each other's only peer. Sealed by the one, opened by the other.
#pragma once

#include "esp/path/tables.h"

namespace skein::esp {

constexpr uint32_t kFuzzSpi = 0x12345678;

struct FuzzPeers {
  const Ipv4 here{0x0a630001}, there{0x0a630002};
  SeededRandom random{1};
  std::unique_ptr<Aead> aead = make_best_aead();
  std::shared_ptr<StateFile> near_state = StateFile::open("", random).value();
  std::shared_ptr<StateFile> far_state = StateFile::open("", random).value();
  std::shared_ptr<const Tables> sender = make(here, there, true), receiver = make(there, here, false);

 private:
  std::shared_ptr<const Tables> make(Ipv4 local, Ipv4 remote, bool is_sender) {
    Config config{.tap = "tap", .local = local};
    Peer peer{.address = remote};
    if (is_sender) peer.out = Sa{kFuzzSpi, Key()};
    if (!is_sender) peer.in = {{kFuzzSpi, Key()}};
    config.peers = {peer};
    return Tables::make(config, nullptr, {*aead, is_sender ? *near_state : *far_state, random, 1}).value();
  }
};

}  // namespace skein::esp
