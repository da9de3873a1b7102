#include "model/objects.h"

#include <charconv>

namespace skein::model {
namespace {
constexpr int64_t kNsPerSecond = 1'000'000'000;
}

google::protobuf::Timestamp to_timestamp(WallTime time) {
  google::protobuf::Timestamp out;
  out.set_seconds(time.ns / kNsPerSecond);
  out.set_nanos(static_cast<int32_t>(time.ns % kNsPerSecond));
  return out;
}

WallTime to_wall(const google::protobuf::Timestamp& timestamp) {
  return WallTime{timestamp.seconds() * kNsPerSecond + timestamp.nanos()};
}

google::protobuf::Duration to_wire(Duration duration) {
  google::protobuf::Duration out;
  out.set_seconds(duration.count() / kNsPerSecond);
  out.set_nanos(static_cast<int32_t>(duration.count() % kNsPerSecond));
  return out;
}

Duration from_wire(const google::protobuf::Duration& duration) {
  return Duration(duration.seconds() * kNsPerSecond + duration.nanos());
}

Result<Vni> vni_of(const api::Network& network) {
  const auto& options = network.driver_state().options();
  auto found = options.find(std::string(kVxlanIdListOption));
  if (found == options.end())
    return make_error(Code::kFailedPrecondition, "network " + network.id() + " has no VXLAN id yet");
  std::string_view text = found->second;
  text = text.substr(0, text.find(','));
  uint32_t value = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || value > Vni::kMax)
    return make_error(Code::kInternal, "network " + network.id() + " has the bad VXLAN id list " + found->second);
  return Vni{value};
}

Result<InterfaceAddress> gateway_of(const api::Network& network) {
  for (const auto& config : network.ipam().configs()) {
    if (config.family() == api::IPAMConfig::IPV6) continue;
    SKEIN_TRY_ASSIGN(Subnet subnet, Subnet::parse_masking(config.subnet()));
    SKEIN_TRY_ASSIGN(Ipv4 gateway, Ipv4::parse(config.gateway()));
    return InterfaceAddress{gateway, subnet.prefix_bits};
  }
  return make_error(Code::kFailedPrecondition, "network " + network.id() + " has no subnet yet");
}

}  // namespace skein::model
