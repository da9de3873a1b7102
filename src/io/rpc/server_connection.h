// The server's end of one connection: sorts events by stream, and admits calls. Only for this folder.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "io/rpc/http2/connection.h"
#include "io/rpc/server_core.h"

namespace skein::rpc {

class ServerCall;

class ServerConnection final : public Connection {
 public:
  ServerConnection(std::shared_ptr<ServerCore> core, std::unique_ptr<Link> link,
                   std::unique_ptr<SecurityLayer> security);
  ~ServerConnection() override;

  // For the calls of this connection; no effect after it is closed.
  Http2Session* wire() { return is_closed() ? nullptr : &session(); }
  void send() { flush(); }
  void refuse_new_calls();
  // Ends all calls with `reason`, then the connection.
  void stop(const Error& reason);
  size_t live_calls = 0;      // ServerCall objects of this connection
  size_t buffered_bytes = 0;  // of its requests that no handler has taken yet

 private:
  void on_ready() override;
  void on_closed(const Error& reason) override;
  void on_headers(int32_t stream, HeaderList headers, bool is_last) override;
  void on_body(int32_t stream, std::string_view bytes) override;
  void on_body_end(int32_t stream) override;
  void on_sent(int32_t stream) override;
  void on_stream_closed(int32_t stream, uint32_t error) override;
  void on_goaway(int32_t, uint32_t, std::string_view) override {}
  std::shared_ptr<ServerCall> find(int32_t stream) const;
  void open_call(int32_t stream, HeaderList headers, bool is_last);

  std::shared_ptr<ServerCore> core_;
  uint64_t number_;
  std::map<int32_t, std::shared_ptr<ServerCall>> calls_;
  bool is_shaking_hands_ = true;
};

}  // namespace skein::rpc
