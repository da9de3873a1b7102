// The node's TLS identity, shared by every server and channel of the node and replaced while they run.
//
// A renewed certificate or a new root is put in place by replace(): handshakes that start afterwards use it,
// connections that exist keep what they negotiated. TLS 1.2 or newer, HTTP/2 by ALPN. Session resumption is off, so
// that each connection proves its identity anew. One thread.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace skein::rpc {

struct TlsIdentity {
  std::string root_pem;   // the swarm's root bundle; may be empty only for a client that does not verify
  std::string chain_pem;  // own certificate, leaf first, then intermediates; empty: none yet
  std::string key_pem;    // PKCS#8 or SEC1, not encrypted; extra PEM headers are not understood
};

class TlsContexts;  // the OpenSSL contexts made from one identity

class TlsConfig {
 public:
  // Refuses PEM that does not parse and a key that does not belong to the leaf (kInvalidArgument).
  static Result<std::shared_ptr<TlsConfig>> create(TlsIdentity identity);

  // As create(); on an error the old identity stays in use.
  Result<void> replace(TlsIdentity identity);

  const TlsIdentity& identity() const { return identity_; }
  bool has_certificate() const { return !identity_.chain_pem.empty(); }

  // For this folder.
  const std::shared_ptr<const TlsContexts>& contexts() const { return contexts_; }

 private:
  TlsIdentity identity_;
  std::shared_ptr<const TlsContexts> contexts_;
};

// How a client treats the server that it dials.
struct ClientTls {
  std::shared_ptr<TlsConfig> config;  // may be null for unverified()
  std::string server_name;            // sent as SNI and looked for in the DNS SANs of the server, whatever is dialled
  bool is_verified = true;
  bool shows_certificate = true;  // present our own certificate, if there is one

  // After bootstrap: server_name is "swarm-manager", or "swarm-ca" for the connection that asks for a certificate.
  static ClientTls verified(std::shared_ptr<TlsConfig> config, std::string server_name) {
    return {std::move(config), std::move(server_name), true, true};
  }
  // Only to fetch the root bundle, whose digest is in the join token: no verification, no SNI, no certificate.
  static ClientTls unverified() { return {nullptr, "", false, false}; }
};

}  // namespace skein::rpc
