// One end of a TLS connection as a pure machine: bytes of the socket in, plain bytes out, and back. No I/O.
#pragma once

#include <memory>

#include "io/rpc/tls/security_layer.h"
#include "io/rpc/tls/tls.h"

namespace skein::rpc {

class TlsMachine final : public SecurityLayer {
 public:
  // kFailedPrecondition while the configuration has no certificate.
  static Result<std::unique_ptr<TlsMachine>> server(const TlsConfig& config);
  // The first output is the ClientHello. kInvalidArgument for a server name that cannot be one.
  static Result<std::unique_ptr<TlsMachine>> client(const ClientTls& tls);
  ~TlsMachine() override;

  bool is_open() const override;
  bool is_ended() const override;
  Result<void> receive(std::string_view bytes, std::string& plain) override;
  Result<void> send(std::string_view plain) override;
  void end() override;  // queues the closing alert
  std::string take_output() override;
  Peer peer() const override;

 private:
  struct Parts;
  explicit TlsMachine(std::unique_ptr<Parts> parts);
  Result<void> handshake();
  Error failure() const;
  std::unique_ptr<Parts> parts_;
};

}  // namespace skein::rpc
