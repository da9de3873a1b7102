// The swarm's certificate authority: makes roots, issues node certificates, cross-signs the next root in a rotation.
//
// Pure: no file, clock or generator is touched, except that OpenSSL draws the nonces of ECDSA signatures itself; keys
// and serial numbers come from the Random given. Certificates and keys are PEM text. Certificates look exactly like
// those of Docker's managers, because Docker's workers read their fields. Not thread-safe; cheap to move.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/time/clock.h"
#include "wire/proto/objects.pb.h"

namespace skein::ca {

using NodeRole = docker::swarmkit::v1::NodeRole;  // WORKER, MANAGER

inline constexpr size_t kPemSizeMax = 64 * 1024;    // of any PEM text taken in
inline constexpr size_t kCsrSizeMax = 16 * 1024;    // an RSA-8192 request needs 3 KiB
inline constexpr size_t kCertificateCountMax = 16;  // in one bundle or chain
inline constexpr Duration kNodeCertificateLifeDefault = std::chrono::hours(2160);
inline constexpr Duration kNodeCertificateLifeMin = std::chrono::hours(1);
inline constexpr Duration kAdoptedLifeMin = std::chrono::hours(365 * 24);

struct IssueRequest {
  std::string csr_pem;  // hostile: only its public key is taken, and only after its signature was verified
  std::string node_id;
  NodeRole role = NodeRole::WORKER;
  std::string cluster_id;
  Duration life = kNodeCertificateLifeDefault;  // values below kNodeCertificateLifeMin mean the default, as in Docker
  std::string intermediate_pem;                 // appended to the chain: the cross-signed root during a root rotation
};

class RootCa {
 public:
  // A new root: ECDSA P-256, CN=swarm-ca, 20 years.
  static Result<RootCa> create(WallTime now, Random& random);

  // `bundle_pem` is kept byte for byte (join tokens are digests of it) and must pass check_root_bundle. With `key_pem`
  // (PKCS#8, may be empty) this node can sign; the key must belong to the first certificate of the bundle.
  static Result<RootCa> load(std::string bundle_pem, std::string key_pem, WallTime now);

  // A root that a user brings to replace the swarm's: exactly one certificate, which passes check_root_bundle and lives
  // for another kAdoptedLifeMin, and its key in any plain PEM form. Both are written anew, so that text around them
  // leaves no trace. Errors in Docker's words.
  static Result<RootCa> adopt(std::string_view certificate_pem, std::string_view key_pem, WallTime now);

  RootCa(RootCa&&) noexcept;
  RootCa& operator=(RootCa&&) noexcept;
  ~RootCa();

  const std::string& bundle_pem() const;
  const std::string& key_pem() const;  // empty if this node cannot sign; a secret
  bool can_sign() const;

  // Of the first certificate, raw DER: what NodeTLSInfo must show of nodes whose certificate this root issued.
  std::string subject_der() const;
  std::string public_key_der() const;

  // The chain for a node, leaf first. Fails with kInvalidArgument if the request is malformed, forged or its key weak,
  // with kFailedPrecondition if this root cannot sign.
  Result<std::string> issue(const IssueRequest& request, WallTime now, Random& random) const;

  // The next root, re-signed by this one: same subject, serial, key, key id and validity. Whoever trusts this root can
  // so verify leaves of the next one.
  Result<std::string> cross_sign(std::string_view next_root_pem) const;

 private:
  struct Content;
  explicit RootCa(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

// Every certificate self-signed, a CA, valid at `now`, with a key and signature algorithm that swarms accept: RSA from
// 2048 bits or ECDSA P-256/384/521, with SHA-256/384/512.
Result<void> check_root_bundle(std::string_view bundle_pem, WallTime now);

}  // namespace skein::ca
