// Who gets which subnet, VNI and address in the swarm's overlay networks.
//
// Pure bookkeeping over the objects of the store: the caller rebuilds it when it becomes leader (rebuild.h), asks it
// for decisions, writes them into Network, Service, Task and Node objects, and gives back what these stop using. Each
// call either does everything or changes nothing and says why, in Docker's words where Docker has words, followed by
// the cause and what to do. Depends on arguments and own state only; not thread-safe; copyable, so that a decision can
// be tried out.
//
// Rules (those of Docker's managers): subnets first-fit from the cluster's pools, VNIs next-fit from 4096 up, one VNI
// per IPv4 subnet, addresses next-fit in the subnet or its --ip-range, so that a freed address is not reused at once.
// Network, broadcast, gateway and auxiliary addresses are never handed out.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "control/allocator/address_space.h"
#include "control/allocator/network_request.h"
#include "control/allocator/subnet_table.h"
#include "control/allocator/vni_table.h"
#include "wire/proto/objects.pb.h"

namespace skein::control {

inline constexpr std::string_view kVxlanIdListOption = "com.docker.network.driver.overlay.vxlanid_list";

struct AddressUsage {
  uint64_t used = 0;   // gateway and auxiliary addresses included
  uint64_t total = 0;  // without network and broadcast address
};

// As Docker counts them: `in_use` with network, broadcast, gateway and auxiliary addresses; `free` in the range that
// automatic addresses come from.
struct SubnetUsage {
  Subnet subnet;
  uint64_t in_use = 0;
  uint64_t free = 0;
};

class Allocator {
 public:
  explicit Allocator(AddressPools pools = {}) : subnets_(std::move(pools)) {}
  // For networks to come.
  void set_pools(AddressPools pools) { subnets_.set_pools(std::move(pools)); }

  // The network with `ipam` and `driver_state` filled in. Networks of drivers other than overlay are local to nodes and
  // get empty ones. User subnets that overlap another network or a host are refused; automatic ones avoid both. What a
  // network that is being removed still holds is kUnavailable.
  Result<api::Network> allocate_network(const api::Network& network, std::span<const HostPrefix> hosts = {});

  // Takes back what an allocated network from the store holds, and new VNIs begin behind its own. Does nothing if the
  // network is known already.
  Result<void> restore_network(const api::Network& network);
  // Takes what the network holds; what is given out next stays as it was. One that is being removed is open again.
  Result<void> hold_network(const api::Network& network);

  // Frees subnets and VNIs at once if no endpoint holds an address, else with the last address; until then the network
  // gives out no new ones. Unknown ids are ignored.
  void release_network(const std::string& network_id);

  // "10.0.1.5/24", as stored in attachments and virtual IPs. `requested` is an address without or with prefix, or empty
  // for any. Networks without addresses (node-local) give kFailedPrecondition; ask has_addresses first.
  Result<std::string> allocate_address(const std::string& network_id, std::string_view requested = {});

  // Takes an address that an object from the store holds; kAlreadyExists if another one holds it too. It then stays
  // taken until both released it.
  Result<void> restore_address(const std::string& network_id, std::string_view address);
  // The same, but addresses are given out from where they were; restore_address() makes them begin behind it.
  Result<void> hold_address(const std::string& network_id, std::string_view address);

  // Unknown addresses and networks are ignored, so that releasing twice does no harm.
  void release_address(const std::string& network_id, std::string_view address);

  bool knows_network(const std::string& network_id) const { return networks_.contains(network_id); }
  bool has_addresses(const std::string& network_id) const;
  AddressUsage usage(const std::string& network_id) const;
  // Of each IPv4 subnet; empty for networks without addresses.
  std::vector<SubnetUsage> subnet_usage(const std::string& network_id) const;

 private:
  struct Network {
    std::string name;
    std::vector<AddressSpace> spaces;  // one per IPv4 subnet
    std::vector<Vni> vnis;             // of the same length
    bool is_closing = false;
  };

  static Result<void> check_leaves_free(const Network& closing, std::span<const SubnetRequest> requests,
                                        std::span<const Vni> vnis);
  Result<std::vector<AddressSpace>> choose_spaces(std::span<const SubnetRequest> requests,
                                                  std::span<const HostPrefix> hosts) const;
  Result<void> hold_network(const api::Network& network, bool begins_behind);
  Result<void> hold_address(const std::string& network_id, std::string_view address, bool begins_behind);
  Result<Network*> find_open(const std::string& network_id);
  Result<std::string> take_requested(Network& network, std::string_view requested);
  void insert(const std::string& id, Network network);
  void erase(const std::string& id);

  SubnetTable subnets_;
  VniTable vnis_;
  std::map<std::string, Network> networks_;  // by id
};

}  // namespace skein::control
