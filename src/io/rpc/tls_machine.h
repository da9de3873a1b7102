// One end of a TLS connection as a pure machine: bytes of the socket in, plain bytes out, and back. No I/O.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/rpc/peer.h"
#include "io/rpc/tls.h"

namespace skein::rpc {

class TlsMachine {
 public:
  // kFailedPrecondition while the configuration has no certificate.
  static Result<std::unique_ptr<TlsMachine>> server(const TlsConfig& config);
  // The first output is the ClientHello. kInvalidArgument for a server name that cannot be one.
  static Result<std::unique_ptr<TlsMachine>> client(const ClientTls& tls);
  ~TlsMachine();

  bool is_open() const;  // the handshake is done; on a TLS 1.3 client the server may still refuse our certificate
  // Whether the peer ended the stream of plain bytes properly.
  bool is_ended() const;

  // Takes bytes from the socket and appends what they carry to `plain`. An error is final: kUnauthenticated when
  // a certificate is the reason (with the x509 reason, or the peer's alert about ours), else kUnavailable. The output
  // may then still hold an alert for the peer.
  Result<void> receive(std::string_view bytes, std::string& plain);
  // Only when is_open().
  Result<void> send(std::string_view plain);
  // Queues the closing alert.
  void end();
  // What has to be written to the socket. Ask after each of the calls above.
  std::string take_output();

  // The certificate fields of the peer; address and port are left empty. Only when is_open().
  Peer peer() const;

 private:
  struct Parts;
  explicit TlsMachine(std::unique_ptr<Parts> parts);
  Result<void> handshake();
  Error failure() const;
  std::unique_ptr<Parts> parts_;
};

}  // namespace skein::rpc
