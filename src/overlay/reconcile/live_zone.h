// The names of one network as they are now: each is derived when it is asked for, from the records that mention it.
// On the loop's thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "names/zone.h"
#include "overlay/endpoints/endpoint.h"
#include "overlay/peers/remote_records.h"

namespace skein::overlay {

class LiveZone final : public names::Zone {
 public:
  // Book and records outlive the zone.
  LiveZone(const NetworkInfo& network, const EndpointBook& book, const RemoteRecords& remote)
      : Zone(network.name), network_(network), book_(book), remote_(remote) {}

  // What is found is valid until the next call of forget() or make_room().
  const std::set<Ipv4>* find(std::string_view name) const override;
  const std::string* pointer(Ipv4 address) const override;

  // Endpoints or records have changed.
  void forget() { by_name_.clear(), by_address_.clear(); }
  // Between two questions: what was asked for is not kept without a bound.
  void make_room();

 private:
  names::Zone zone_of(const RemoteIndex::Keys& keys) const;

  NetworkInfo network_;
  const EndpointBook& book_;
  const RemoteRecords& remote_;
  mutable std::map<std::string, names::Zone> by_name_;
  mutable std::map<Ipv4, names::Zone> by_address_;
};

}  // namespace skein::overlay
