// A node's certificate: its request, its chain of trust, and who the node is by it.
//
// Pure, as root_ca.h. Certificates of peers are hostile input: sizes and counts are bounded (kPemSizeMax,
// kCertificateCountMax in root_ca.h).
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/time/clock.h"
#include "ca/root_ca.h"

namespace skein::ca {

inline constexpr std::string_view kOuWorker = "swarm-worker";
inline constexpr std::string_view kOuManager = "swarm-manager";
// Server names that clients verify, whatever address they dialled: the first only while joining.
inline constexpr std::string_view kServerNameCa = "swarm-ca";
inline constexpr std::string_view kServerNameManager = "swarm-manager";

// The organizational unit that stands for a role.
std::string_view ou_of(NodeRole role);

// A new ECDSA P-256 private key, PKCS#8 PEM without headers (see key_file.h for the file).
std::string make_key(Random& random);

// PKCS#10 PEM with an empty subject and no extensions, signed by the key.
Result<std::string> make_csr(std::string_view key_pem);

struct NodeIdentity {
  std::string node_id;     // CN
  std::string cluster_id;  // O
  NodeRole role = NodeRole::WORKER;
  WallTime not_before;
  WallTime not_after;
  std::string issuer_subject_der;     // for NodeTLSInfo.cert_issuer_subject
  std::string issuer_public_key_der;  // SPKI, for NodeTLSInfo.cert_issuer_public_key; empty if only parsed
};

// What the leaf (the first certificate) claims. Nothing is verified: for certificates that TLS has verified already,
// and for our own.
Result<NodeIdentity> parse_node_certificate(std::string_view chain_pem);

enum class Expired { kRefuse, kAllow };

// The same, after the leaf was verified up to a root of the bundle at time `now`, with intermediates taken from the
// chain. kAllow overlooks the times, for a node that starts with an expired certificate and must renew it.
Result<NodeIdentity> verify_node_certificate(std::string_view chain_pem, std::string_view bundle_pem, WallTime now,
                                             Expired expired = Expired::kRefuse);

// Whether the private key belongs to the leaf of the chain.
Result<void> check_key_matches(std::string_view chain_pem, std::string_view key_pem);

// When to renew: uniformly between 50 and 80 % of the certificate's life, in whole minutes from its start, so that
// nodes that joined together do not renew together. May lie in the past.
WallTime choose_renewal_time(WallTime not_before, WallTime not_after, Random& random);

}  // namespace skein::ca
