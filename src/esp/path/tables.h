// What the threads look packets up in, made from one config: peers by address, inbound SAs by source and SPI. Never
// changed once made: a new config makes new tables, in which SAs that stay are the same objects, with their counters.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "esp/control/config.h"
#include "esp/control/control.h"
#include "esp/packet/sa.h"
#include "esp/path/state_file.h"

namespace skein::esp {

// What makes SAs.
struct SaMaker {
  Aead& aead;
  StateFile& state;
  Random& random;
  unsigned threads = 1;
};

struct PeerTables {
  Peer peer;
  std::shared_ptr<OutboundSa> out;  // may be null
  std::vector<std::shared_ptr<InboundSa>> in;
};

struct InboundMatch {
  const PeerTables* peer = nullptr;
  InboundSa* sa = nullptr;  // null: none
};

class Tables {
 public:
  // `before` may be null. Not ok when the state file has no room.
  static Result<std::shared_ptr<const Tables>> make(const Config& config, const Tables* before, SaMaker maker);

  // Null: there is no such peer.
  const PeerTables* peer(Ipv4 address) const {
    auto found = by_address_.find(address.value);
    return found == by_address_.end() ? nullptr : found->second;
  }
  InboundMatch find(Ipv4 source, uint32_t spi) const;
  Ipv4 local() const { return local_; }
  uint16_t vxlan_port() const { return vxlan_port_; }
  std::vector<PeerStatus> status() const;

 private:
  Result<std::shared_ptr<OutboundSa>> keep_or_make_outbound(const Peer& peer, const Tables* before,
                                                            SaMaker maker) const;
  Result<std::shared_ptr<InboundSa>> keep_or_make_inbound(const Peer& peer, const Sa& sa, const Tables* before,
                                                          SaMaker maker) const;

  std::vector<std::unique_ptr<PeerTables>> peers_;
  std::unordered_map<uint32_t, PeerTables*> by_address_;
  std::unordered_map<uint64_t, InboundMatch> inbound_;  // source << 32 | SPI
  Ipv4 local_;
  uint16_t vxlan_port_ = 0;
};

}  // namespace skein::esp
