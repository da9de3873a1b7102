// The security layer of a simulation: each end says what is in its certificate, and is believed. Nothing is secret.
// Certificates and their checks are tested by the real one (tls_machine.h).
#pragma once

#include <memory>

#include "io/rpc/tls/security_layer.h"

namespace skein::rpc {

class HelloLayer final : public SecurityLayer {
 public:
  enum class Role { kClient, kServer };
  HelloLayer(Role role, const Peer& own);

  bool is_open() const override { return is_open_; }
  bool is_ended() const override { return false; }  // the link's end is the end
  Result<void> receive(std::string_view bytes, std::string& plain) override;
  Result<void> send(std::string_view plain) override;
  void end() override {}
  std::string take_output() override { return std::exchange(output_, {}); }
  Peer peer() const override { return peer_; }

 private:
  std::string hello_;  // ours, if it is still to be said
  std::string early_;  // of the peer's hello
  std::string output_;
  bool is_open_ = false;
  Peer peer_;
};

}  // namespace skein::rpc
