// What the daemon and the worker say to each other, over a unix socket of type SOCK_STREAM. Pure: I/O is in
// control_client.h and control_server.h.
//
// A message is its length, 4 bytes in big endian, and that many bytes of JSON. The daemon asks, the worker answers each
// question in order:
//   {"config":{…}}   {"ok":true}, or {"error":"peers[3].icv: must be 8 or 16"} and nothing has changed
//   {"status":{}}    {"pid":…,"crypto":…,"epoch":…,"peers":[…],"drops":{…}}
// The worker goes on with its last config when the daemon goes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "esp/control/config.h"

namespace skein::esp {

constexpr size_t kMessageBytesMax = 16 << 20;

// The bytes of one message.
std::string encode_message(std::string_view json);

// Takes bytes as they come and gives whole messages back. What it held is wiped: there may be keys.
class MessageReader {
 public:
  ~MessageReader();
  void add(std::string_view bytes);
  // The next whole message; nothing yet if it has not come whole. An error (too long) ends the connection.
  Result<std::optional<std::string>> next();

 private:
  std::string pending_;
};

struct StatusRequest {};
using Request = std::variant<Config, StatusRequest>;

std::string config_request(const Config& config);
std::string status_request();
Result<Request> parse_request(std::string_view json);

// Counts since the worker started; a peer's sequence numbers go on from before.
struct SaStatus {
  uint32_t spi = 0;
  uint64_t packets = 0;
  uint64_t bytes = 0;     // of inner Ethernet frames
  uint64_t replayed = 0;  // inbound only, as is the next
  uint64_t failed = 0;    // wrong integrity check value
  bool operator==(const SaStatus&) const = default;
};

struct PeerStatus {
  Ipv4 address;
  Form form = Form::kUdp;
  std::optional<SaStatus> out;
  std::vector<SaStatus> in;
  bool operator==(const PeerStatus&) const = default;
};

struct Status {
  int pid = 0;
  std::string crypto;  // "ipsec-mb avx512", "openssl"
  uint64_t epoch = 0;  // of the state file; 16 hex digits in JSON
  std::vector<PeerStatus> peers;
  std::map<std::string, uint64_t> drops;  // packets by reason (drops.h); reasons without any are left out
  bool operator==(const Status&) const = default;
};

std::string ok_reply();
std::string error_reply(const Error& error);
std::string status_reply(const Status& status);

// The worker's error comes back as one of kInvalidArgument.
Result<void> parse_ok_reply(std::string_view json);
Result<Status> parse_status_reply(std::string_view json);

}  // namespace skein::esp
