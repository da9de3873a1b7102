// All that this host knows of its own networks at one moment, for whoever shows it: what is asked for, what was derived
// from it and observed, and what the kernel did not become. It never changes; who wants to know more asks for the next.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time/clock.h"
#include "overlay/encryption/encryptor.h"
#include "overlay/endpoints/endpoint.h"
#include "overlay/endpoints/port_holder.h"
#include "plan/apply_failures.h"
#include "plan/intent.h"
#include "plan/read_back.h"

namespace skein::overlay {

// An endpoint that was given up since its container has neither link nor namespace any more.
struct LostEndpoint {
  std::string id, container_id;
  std::string network_id;
  std::string why;
  WallTime at;
};

// One look at everything, and what it came to.
struct PassReport {
  uint64_t number = 0;  // since the daemon's start; 0: none yet
  WallTime at;
  plan::NetworkView surroundings;              // observed: our tunnel endpoint, and the ways to the other hosts
  std::shared_ptr<const plan::Intent> intent;  // what the kernel is to hold; null before the first pass
  plan::ReadBack read_back;                    // observed: where the kernel was not so when it was read last
  plan::ApplyFailures failures;                // what of it the kernel does not hold
  std::vector<PortHolder> port_holders;        // observed: this host's own programs on published ports
};

struct HostReport {
  EndpointBook book;  // what is asked for: this host's endpoints, its containers' ports, its place in the mesh
  PassReport pass;
  std::vector<LostEndpoint> lost;  // the last ones, oldest first
  EncryptionBackend encryption_backend;
  std::optional<WallTime> encryption_keys_since;

  // Why what concerns all of this host's containers is not as it should be; null: it is.
  const Error* failure() const { return pass.failures.host ? &*pass.failures.host : nullptr; }
  // Likewise of one endpoint.
  const Error* failure_of(const std::string& endpoint_id) const {
    const auto found = pass.failures.endpoints.find(endpoint_id);
    return found == pass.failures.endpoints.end() ? nullptr : &found->second;
  }
};

}  // namespace skein::overlay
