// Placement constraints: "node.labels.zone == a", "node.role != manager", "node.ip == 10.1.0.0/16".
//
// Pure. Keys and values compare without regard to case, whole values only; names of labels keep their case. A label,
// platform or host name that a node lacks is the empty value. `node.platform.arch` is what the node says: x86_64.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "wire/proto/objects.pb.h"

namespace skein::control {

namespace api = docker::swarmkit::v1;

// An address or a subnet of either family; IPv4 stands as ::ffff:a.b.c.d.
struct IpRange {
  Ipv6 base;
  uint8_t prefix_bits = 128;
  // "10.1.2.3", "10.1.0.0/16", "fd00::1", "fd00::/8". Host bits are ignored.
  static std::optional<IpRange> parse(std::string_view text);
  // False too for a text that is no address.
  bool contains(std::string_view address) const;
};

struct Constraint {
  enum class Subject { kId, kHostname, kIp, kRole, kOs, kArchitecture, kNodeLabel, kEngineLabel };
  Subject subject;
  bool is_equality;   // == rather than !=
  std::string label;  // of kNodeLabel and kEngineLabel
  std::string value;  // without surrounding blanks
  IpRange range;      // of kIp
};

// Errors (kInvalidArgument): Docker's words for what cannot be read. What Docker takes and never matches is an error
// too: unknown keys, addresses that are none, and a role other than manager and worker.
Result<std::vector<Constraint>> parse_constraints(const google::protobuf::RepeatedPtrField<std::string>& expressions);

bool satisfies(const std::vector<Constraint>& constraints, const api::Node& node);

// What a node says of the key "node.labels.<label>" or "engine.labels.<label>"; nothing for other keys.
std::optional<std::string> label_value(std::string_view key, const api::Node& node);

}  // namespace skein::control
