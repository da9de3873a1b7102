// A host with a service on it, and who sends what to it. For tests only.
#pragma once

#include <vector>

#include "kernel/testing/data_path_host.h"
#include "kernel/testing/service_frames.h"

namespace skein::kernel::testing {

using Action = Verdict::Action;
using plan::BackendEntry;

// The service 10.0.1.100 of blue (.3, here) and far (.4, on the other host); red (.2) is the client.
class Service : public DataPathHost {
 protected:
  void SetUp() override {
    DataPathHost::SetUp();
    EndpointConfig blue = {kNetwork, kBlue, Mac::from_ipv4(kBlue), ip("10.0.1.1"), 24, false, 1450};
    ASSERT_TRUE(path_->attach_endpoint(index("blue"), blue).ok());
    set_backends({{kBlue, 1}, {kFar, 1}});
  }

  // Those not listed belong to no service.
  void set_backends(const std::vector<BackendEntry>& backends) {
    auto endpoints = entries();
    for (const BackendEntry& backend : backends) endpoints.at({kNetwork, backend.address}).service = kVip;
    for (auto& [key, entry] : endpoints) entry.takes_ipv6 = takes_ipv6_;
    if (is_far_silent_) endpoints.at({kNetwork, kFar}).yields_datagrams = true;
    ASSERT_TRUE(path_->set_endpoints(endpoints, {}).ok());
    ASSERT_TRUE(path_->set_services({{{kNetwork, kVip}, {plan::Balance::kRoundRobin, backends}}}, {}).ok());
  }

  Bytes framed(Ipv4 source, Ipv4 target, const Bytes& packet) const {
    return ethernet({Mac::from_ipv4(target), Mac::from_ipv4(source)}, packet);
  }
  Verdict red_sends(const Bytes& packet, Ipv4 target = kVip) { return verdict("red", framed(kRed, target, packet)); }
  Verdict blue_sends(const Bytes& packet, Ipv4 target = kRed) { return verdict("blue", framed(kBlue, target, packet)); }
  Verdict far_sends(const Bytes& packet) { return verdict("under", in_tunnel(framed(kFar, kRed, packet))); }

  // The IP packet that left: behind the Ethernet header, or behind the tunnel's.
  static Bytes packet_of(const Verdict& result) { return part(result.frame, result.reason == "to_remote" ? 64 : 14); }
  // Starts flows until one is led to the backend; returns its client port.
  uint16_t tcp_flow_to(Ipv4 backend, uint16_t port = 40000) {
    for (; port < 40300; ++port)
      if (target_of(red_sends(tcp_packet(kRed, kVip, {port, 80}, kSyn))) == backend) return port;
    ADD_FAILURE() << "no flow to " << backend.text();
    return 0;
  }
  uint16_t udp_flow_to(Ipv4 backend, uint16_t port = 40000) {
    for (; port < 40300; ++port)
      if (target_of(red_sends(udp_packet(kRed, kVip, {port, 53}))) == backend) return port;
    ADD_FAILURE() << "no flow to " << backend.text();
    return 0;
  }
  static Ipv4 target_of(const Verdict& result) {
    Bytes packet = packet_of(result);
    return packet.size() < 20 ? Ipv4{} : Ipv4{read32(packet, 16)};
  }

  bool is_far_silent_ = false, takes_ipv6_ = false;  // as set_backends() tells
  static inline const Ipv4 kRed = ip("10.0.1.2"), kBlue = ip("10.0.1.3"), kFar = ip("10.0.1.4"),
                           kVip = ip("10.0.1.100");
};

}  // namespace skein::kernel::testing
