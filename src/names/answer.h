// Answers DNS questions (RFC 1035) from the names of a container's networks. Pure; queries are hostile input.
//
// What it knows is answered with a short TTL; a known name without records of the type asked for gets an empty NOERROR
// answer, so that nobody waits for an AAAA record of an IPv4 container. What it does not know is for the upstream
// servers. "a.b" means: the name "a.b" on any network, else "a" on the network "b".
//
// SRV (RFC 2782): "_80._tcp.api" asks for the endpoints behind "api", a service's tasks or what else has the name, each
// with the port that was asked for. What has another port name than a number is a name like any other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "names/zone.h"

namespace skein::names {

// So short because an endpoint may go at any time; containers ask again over loopback, which costs next to nothing.
inline constexpr uint32_t kTtlSeconds = 5;
inline constexpr size_t kUdpBytesDefault = 512;  // without EDNS (RFC 1035 section 4.2.1)
inline constexpr size_t kUdpBytesMax = 4096;     // whatever EDNS offers
inline constexpr size_t kTcpBytesMax = 65535;    // what a length of two octets can say

enum class Transport { kUdp, kTcp };

struct Reply {
  std::optional<std::string> packet;  // the answer
  bool is_for_upstream = false;       // nobody here knows: ask the upstream servers, and give theirs
};

// What is longer than the client takes is cut: additional records go without a word (RFC 2181 section 9), of the others
// as many are left as fit, and the truncation bit sends the client to TCP.
//
// Neither packet nor upstream: the query is no DNS at all, and is dropped.
Reply answer(std::string_view query, const Zones& zones, Transport transport, Random& random);

// An upstream server's answer as the client may have it: itself if it fits, else cut as above.
std::string fit_forwarded(std::string_view query, std::string answer, Transport transport);

// An answer without records to a query: SERVFAIL when no upstream answered, NXDOMAIN when there is none.
enum class Failure { kServerFailure, kNameError, kRefused };
std::optional<std::string> failure(std::string_view query, Failure failure);

}  // namespace skein::names
