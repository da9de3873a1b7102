// What stands between a link and HTTP/2: who the peer is, and secrecy. TLS, or a mere exchange of names in a
// simulation.
//
// A pure machine: bytes of the link in, plain bytes out, and back. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "io/rpc/peer.h"

namespace skein::rpc {

class SecurityLayer {
 public:
  virtual ~SecurityLayer() = default;

  // The handshake is done; on a TLS 1.3 client the server may still refuse our certificate.
  virtual bool is_open() const = 0;
  // Whether the peer ended the stream of plain bytes properly.
  virtual bool is_ended() const = 0;

  // Takes bytes from the link and appends what they carry to `plain`. An error is final: kUnauthenticated when
  // a certificate is the reason (with the x509 reason, or the peer's alert about ours), else kUnavailable. The output
  // may then still hold an alert for the peer.
  virtual Result<void> receive(std::string_view bytes, std::string& plain) = 0;
  // Only when is_open().
  virtual Result<void> send(std::string_view plain) = 0;
  // Queues the last word.
  virtual void end() = 0;
  // What has to be written to the link. Ask after each of the calls above, and at the beginning.
  virtual std::string take_output() = 0;

  // The certificate fields of the peer; address and port are left empty. Only when is_open().
  virtual Peer peer() const = 0;
};

}  // namespace skein::rpc
