// What the worker is told: which peers there are, and with which keys. Plain values, and their JSON both ways. Pure.
//
// A config is the whole wanted state. What is said of sequence numbers, windows and counters: state_file.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "esp/crypto/key.h"

namespace skein::esp {

// Bounds of a config; a text beyond them is refused. A host keeps three keys per peer (Docker's rotation), and one of
// each rotation that others still use.
constexpr size_t kPeersMax = 4096;
constexpr size_t kInboundPerPeerMax = 8;

// How ESP travels: in UDP (RFC 3948), or as IP protocol 50, as Docker's daemons have it.
enum class Form : uint8_t { kUdp, kEsp };
const char* form_name(Form form);  // "udp", "esp"

// One direction between two hosts. The salt is the SPI in big endian, as with Docker's.
struct Sa {
  uint32_t spi = 0;
  Key key;
  bool operator==(const Sa&) const = default;
};

struct Peer {
  Ipv4 address;  // of the underlay
  Form form = Form::kUdp;
  uint8_t icv_bytes = 16;  // 16 or 8
  bool has_esn = true;     // extended sequence numbers (RFC 4303 section 2.2.1)
  bool has_window =
      true;  // replays are refused; a Docker Engine's daemon may begin again with the same key at any time
  bool has_offload = true;  // takes packets whose inner checksum is left out (packet.h): hosts of ours only
  std::optional<Sa> out;    // nothing can be sent without
  std::vector<Sa> in;       // all that may be received; their SPIs differ
  bool operator==(const Peer&) const = default;
};

struct Config {
  std::string tap;  // name of the device, in the worker's network namespace
  Ipv4 local;       // our address on the underlay
  uint16_t udp_port = 4500;
  uint16_t vxlan_port = 4789;  // in the sealed UDP header
  std::vector<Peer> peers;
  bool operator==(const Config&) const = default;
};

// Holds the keys: not for logs.
std::string format_config(const Config& config);

// Strict: unknown, missing, repeated and out-of-range members are errors that name the member, as "peers[3].icv".
// `udp_port`, `vxlan_port`, `out` may be left out. No error holds a key.
Result<Config> parse_config(std::string_view json);

}  // namespace skein::esp
