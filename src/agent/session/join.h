// How a host gets its identity: the root certificate, checked against the token, then a certificate of its own.
//
// Steps and server names: ca-and-join wire facts, section 7. Nothing is written to disk here, so a failed join leaves
// nothing behind.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time/clock.h"
#include "ca/node_certificate.h"
#include "io/rpc/client.h"
#include "model/objects.h"
#include "wire/join_token.h"

namespace skein::agent {

struct Identity {
  std::string root_pem;
  std::string certificate_pem;
  std::string key_pem;
  ca::NodeIdentity node;
};

struct JoinRequest {
  std::vector<HostPort> managers;  // tried in order
  wire::JoinToken token;
  model::api::Availability availability = model::api::ACTIVE;
};

// Errors name the manager and the cause: unreachable (within about 5 s per address), a root of another swarm, a token
// that the manager does not know.
boost::asio::awaitable<Result<Identity>> obtain_identity(rpc::Transport& transport, JoinRequest request, Clock& clock,
                                                         Random& random);

// What a node gets when it asks for another certificate by the one it has. Nothing of it is verified.
struct Renewal {
  std::string certificate_pem;
  std::string key_pem;
  std::string root_pem;  // what the manager holds for the swarm's root
};
boost::asio::awaitable<Result<Renewal>> request_renewal(rpc::Transport& transport, std::shared_ptr<rpc::TlsConfig> tls,
                                                        std::vector<HostPort> managers, Random& random);

}  // namespace skein::agent
