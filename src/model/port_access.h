// Where a published port of a service is open: labels skein.publish.PORT.address, .interface and .source. Pure data.
//
// Each kind that is given must hold: the host's address that is called, the interface by which the client comes ("lo":
// the host's own programs), and the client's address. The labels' values are lists, separated by commas.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "model/objects.h"

namespace skein::model {

inline constexpr std::string_view kPublishLabel = "skein.publish.";

// Lists are in ascending order, without repeats; an empty one restricts nothing.
struct PortAccess {
  std::vector<Prefix> addresses, sources;
  std::vector<std::string> interfaces;

  bool is_open() const { return addresses.empty() && sources.empty() && interfaces.empty(); }
  // "address=10.0.0.5;interface=eth1,lo;source=10.0.0.0/8", with the kinds that are given; empty: open.
  std::string text() const;
  // Reads untrusted text of that form.
  static Result<PortAccess> parse(std::string_view text);
  auto operator<=>(const PortAccess&) const = default;
};

// IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP.
uint8_t protocol_of(const api::PortConfig& port);

inline constexpr size_t kAccessItemsMax = 16;  // of one list
inline constexpr size_t kAccessTextMax = 512;

// What a label says: "skein.publish.8080.address" or "skein.publish.53/udp.source", and its value.
struct PublishLabel {
  uint16_t port = 0;
  std::optional<uint8_t> protocol;  // none: all
  PortAccess access;                // of one kind
};
Result<PublishLabel> parse_publish_label(std::string_view name, std::string_view value);

// kInvalidArgument when the labels of that port together are longer than hosts tell each other (kAccessTextMax).
Result<void> check_port_access(const std::map<std::string, std::string>& labels, uint8_t protocol, uint16_t port);

// Of that port, by all labels of its service. Those that mean nothing were refused when the service was made; here they
// close the port, as whoever wrote them did not want it open.
PortAccess port_access(const std::map<std::string, std::string>& labels, uint8_t protocol, uint16_t port);

}  // namespace skein::model
