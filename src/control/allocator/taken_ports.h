// Which published ports services have: kept along with the tables, as taken_addresses.h keeps addresses.
//
// A port of the mesh belongs to one service per protocol, in the whole swarm. Ports of hosts may be shared, but by no
// port of the mesh. Choosing takes nothing: the service into which the answer is written does.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "store/tables.h"

namespace skein::control {

namespace api = docker::swarmkit::v1;

// Where ports that no user chose come from.
inline constexpr uint32_t kAutomaticPortFirst = 30'000, kAutomaticPortLast = 32'767;

class TakenPorts final : public store::Index {
 public:
  using Ports = google::protobuf::RepeatedPtrField<api::PortConfig>;

  void apply(const store::Change& change) override;
  void filled() override { is_filled_ = true; }

  // The ports of the service's spec, in its order, those of the mesh with a published one: the given one, else that
  // which the service's endpoint has for the same protocol, target and name, else the next free one. Docker's words if
  // a given one is another service's; kResourceExhausted when all automatic ones are taken.
  Result<Ports> choose(const api::Service& service, const store::Tables& view);

  // kInvalidArgument in Docker's words if another service has this published port in a way that excludes it.
  Result<void> check_free(const api::PortConfig& port, const std::string& service_id, const store::Tables& view) const;

 private:
  using Place = std::pair<api::PortConfig::Protocol, uint32_t>;
  using Holders = std::set<std::pair<std::string, api::PortConfig::Mode>>;  // services

  static Place place_of(const api::PortConfig& port) { return {port.protocol(), port.published_port()}; }
  std::optional<uint32_t> next_free(api::PortConfig::Protocol protocol, const std::set<Place>& given);
  void hold(const api::Service& service);
  void release(const api::Service& service);

  bool is_filled_ = false;
  std::map<Place, Holders> holders_;
  std::map<api::PortConfig::Protocol, uint32_t> next_;  // behind the last one that was given out
};

// Whether the change gives back a port of the mesh.
bool gives_back_port(const store::Change& change);

}  // namespace skein::control
