// Networks of this host only: the default `bridge` and what users create with the bridge driver. They use the same
// data path as overlay networks, without a tunnel.
//
// Kept in the node's own store. On the loop's thread.
#pragma once

#include "base/random.h"
#include "control/allocator/allocator.h"
#include "overlay/endpoints/endpoint.h"
#include "store/store.h"

namespace skein::overlay {

class LocalNetworks {
 public:
  static constexpr const char* kDefaultName = "bridge";

  // `store` is the node's own, opened. Makes the default network when it is missing. `host_prefixes` are the subnets in
  // use on the host, which new networks avoid.
  static boost::asio::awaitable<Result<std::unique_ptr<LocalNetworks>>> open(
      store::Store& store, Random& random, std::vector<control::HostPrefix> host_prefixes);

  const store::Tables& view() const { return store_.view(); }
  // kNotFound "network X not found".
  Result<store::Ref<store::api::Network>> find(const std::string& name_or_id) const;
  NetworkInfo info(const store::api::Network& network) const;

  boost::asio::awaitable<Result<std::string>> create(store::api::NetworkSpec spec);
  boost::asio::awaitable<Result<void>> remove(std::string id);

  // Of each subnet of the network, as Docker counts.
  std::vector<control::SubnetUsage> subnet_usage(const std::string& network_id) const {
    return allocator_.subnet_usage(network_id);
  }
  Result<Ipv4> take_address(const std::string& network_id, std::optional<Ipv4> wanted);
  void give_back(const std::string& network_id, Ipv4 address);
  // An endpoint that was found again after a restart.
  void keep_address(const std::string& network_id, Ipv4 address);

 private:
  LocalNetworks(store::Store& store, Random& random, std::vector<control::HostPrefix> host_prefixes,
                control::Allocator allocator)
      : store_(store), random_(random), host_prefixes_(std::move(host_prefixes)), allocator_(std::move(allocator)) {}

  store::Store& store_;
  Random& random_;
  std::vector<control::HostPrefix> host_prefixes_;
  control::Allocator allocator_;
};

}  // namespace skein::overlay
