// The first objects of a swarm: what `swarm init` puts into an empty store. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time/clock.h"
#include "ca/root_ca.h"
#include "model/objects.h"

namespace skein::manager {

struct InitOptions {
  HostPort advertise;                              // where the other nodes reach this manager
  std::vector<std::string> default_address_pools;  // CIDR; empty: 10.0.0.0/8
  uint32_t subnet_size_bits = 24;                  // prefix length of the networks cut from the pools
  uint32_t data_path_port = 4789;
  model::api::Availability availability = model::api::ACTIVE;
  std::optional<model::api::ClusterSpec> spec;  // what the user set; defaults fill the rest
};

struct FirstObjects {
  model::api::Cluster cluster;
  model::api::Node node;
  std::vector<model::api::Network> networks;  // ingress (not allocated yet), bridge, host
  std::string key_pem;                        // of the first node; stays on its disk
  std::string certificate_pem;
};

// A new root CA, tokens, gossip and IPsec keys, the manager's own node with its certificate.
Result<FirstObjects> make_first_objects(const InitOptions& options, WallTime now, Random& random);

}  // namespace skein::manager
