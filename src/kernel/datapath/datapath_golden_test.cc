// On one network with Docker hosts: the frames that Docker's kernel sent are taken, and what ours sends instead differs
// in nothing that a receiver looks at. The capture is of two Docker hosts; our programs play the first.
#include <algorithm>
#include <fstream>

#include "kernel/testing/data_path_host.h"

namespace skein::kernel::testing {
namespace {

constexpr size_t kOuterBytes = 50;  // Ethernet, IPv4, UDP, VXLAN

// The frames of a capture of microseconds, little endian, none cut short.
std::vector<Bytes> read_capture(const std::string& name) {
  constexpr size_t kFileHeader = 24, kFrameHeader = 16;
  std::ifstream in(SKEIN_TEST_DATA "/vxlan/" + name, std::ios::binary);
  const Bytes all{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(part(all, 0, 4), Bytes({0xd4, 0xc3, 0xb2, 0xa1}));
  std::vector<Bytes> frames;
  for (size_t at = kFileHeader; at + kFrameHeader <= all.size();) {
    const size_t size = all[at + 8] | all[at + 9] << 8;
    frames.push_back(part(all, at + kFrameHeader, size));
    at += kFrameHeader + size;
  }
  return frames;
}

// The container solo (10.88.1.200) on the host 10.77.0.2, and what it knows: three (10.88.1.4) on 10.77.0.3.
class GoldenDataPath : public DataPathHost {
 protected:
  void SetUp() override {
    DataPathHost::SetUp();
    // In the places of the fixture's: red is solo's veth.
    sh("ip link set under address " + kOwnHostMac.text());
    ASSERT_TRUE(path_->detach(index("under")).ok());
    ASSERT_TRUE(path_->attach_underlay(index("under")).ok());
    ASSERT_TRUE(path_->set_tunnel(ip("10.77.0.2"), 4789).ok());
    plan::HostPath path{index("under"), ip("10.77.0.2"), kOwnHostMac, kOtherHostMac, 1500};
    ASSERT_TRUE(path_->set_hosts({{ip("10.77.0.3"), path}}, {ip("192.0.2.2")}).ok());
    using Where = plan::EndpointEntry::Where;
    ASSERT_TRUE(path_
                    ->set_endpoints({{{kNetwork, ip("10.88.1.200")}, {Where::kLocal, kSolo, "red", {}}},
                                     {{kNetwork, ip("10.88.1.4")}, {Where::kRemote, kThree, "", ip("10.77.0.3")}}},
                                    {})
                    .ok());
    ASSERT_TRUE(path_->set_floods({{kNetwork, {{"red"}, {ip("10.77.0.3")}}}}, {}).ok());
    EndpointConfig solo{kNetwork, ip("10.88.1.200"), kSolo, ip("10.88.1.1"), 24, false, 1450};
    ASSERT_TRUE(path_->attach_endpoint(index("red"), solo).ok());
  }

  static bool is_from(const Mac& mac, const Bytes& frame) { return part(frame, 6, 6) == bytes_of(mac); }

  // What Docker's host sent of a container's frame to the other host, if it did.
  const Bytes* in_underlay(const Bytes& inner) const {
    auto found = std::find_if(underlay_.begin(), underlay_.end(), [&](const Bytes& outer) {
      return is_from(kOwnHostMac, outer) && part(outer, kOuterBytes) == inner;
    });
    return found == underlay_.end() ? nullptr : &*found;
  }

  inline static const Mac kOwnHostMac = Mac::parse("ce:af:84:ee:26:12").value();
  inline static const Mac kOtherHostMac = Mac::parse("ae:82:4f:a8:3f:d6").value();
  inline static const Mac kSolo = Mac::from_ipv4(ip("10.88.1.200"));
  inline static const Mac kThree = Mac::from_ipv4(ip("10.88.1.4"));
  const std::vector<Bytes> underlay_ = read_capture("underlay.pcap"), container_ = read_capture("container.pcap");
};

TEST_F(GoldenDataPath, what_dockers_host_sends_arrives_as_docker_delivers_it) {
  size_t delivered = 0;
  for (const Bytes& outer : underlay_) {
    if (!is_from(kOtherHostMac, outer)) continue;
    SCOPED_TRACE(delivered);
    const Verdict result = verdict("under", outer);
    EXPECT_EQ(result.reason, "from_remote");
    EXPECT_EQ(result.target_interface, index("red"));
    EXPECT_EQ(result.frame, part(outer, kOuterBytes));
    EXPECT_NE(std::find(container_.begin(), container_.end(), result.frame), container_.end()) << "solo's eth0 saw it";
    ++delivered;
  }
  EXPECT_EQ(delivered, 13u);
}

// The outer header without the fields in which ours differs from Docker's kernel, none of which a receiver looks at.
Bytes comparable(Bytes outer) {
  auto clear = [&](size_t at, size_t size) { std::fill_n(outer.begin() + static_cast<ptrdiff_t>(at), size, 0); };
  clear(18, 2);       // IPv4 identification: ours is 0, as nothing fragments a packet with DF (RFC 6864)
  outer[20] &= 0xbf;  // DF: ours is set (RFC 7348 section 4.3)
  clear(24, 2);       // the header's checksum covers both
  clear(34, 2);       // UDP source port: each takes its own hash of the flow, from its own range
  clear(40, 2);       // UDP checksum: Docker asks for one (udpcsum); ours is 0 (RFC 7348 section 5)
  return outer;
}

TEST_F(GoldenDataPath, what_goes_to_dockers_host_is_what_docker_sends) {
  size_t sent = 0;
  for (const Bytes& frame : container_) {
    const Bytes* outer = is_from(kSolo, frame) ? in_underlay(frame) : nullptr;
    if (!outer) continue;
    SCOPED_TRACE(sent);
    const Verdict result = verdict("red", frame);
    EXPECT_EQ(result.reason, "to_remote");
    EXPECT_EQ(result.target_interface, index("under"));
    EXPECT_EQ(internet_checksum(part(result.frame, 14, 20)), 0);
    EXPECT_EQ(comparable(result.frame), comparable(*outer));
    ++sent;
  }
  EXPECT_EQ(sent, 13u);
}

// Address resolution, and what Docker's host kept to itself.
TEST_F(GoldenDataPath, what_stays_on_the_host_is_answered_as_docker_answers) {
  std::map<std::string, int> reasons;
  for (size_t i = 0; i < container_.size(); ++i) {
    const Bytes& frame = container_[i];
    if (!is_from(kSolo, frame) || in_underlay(frame)) continue;
    SCOPED_TRACE(i);
    const Verdict result = verdict("red", frame);
    ++reasons[result.reason];
    if (!result.reason.starts_with("arp_answered")) continue;
    Bytes expected = container_[i + 1];
    const bool is_for_gateway = part(frame, 38, 4) == big32(ip("10.88.1.1").value);
    if (is_for_gateway)  // Docker's bridge is the gateway; here it is the host end of the veth
      for (size_t at : {size_t{6}, size_t{22}})
        std::copy_n(red_mac_.octets.begin(), 6, expected.begin() + static_cast<ptrdiff_t>(at));
    EXPECT_EQ(result.frame, expected);
  }
  const std::map<std::string, int> expected = {
      {"arp_answered", 2},      // for three and for the gateway
      {"drop_arp_unknown", 5},  // for nobody, and for a virtual address that has no balancer
      {"to_host", 1},           // the ping of the gateway
      {"flooded", 1},           // the broadcast ping: Docker keeps it on its host, ours reaches the other hosts
  };
  EXPECT_EQ(reasons, expected);
}

}  // namespace
}  // namespace skein::kernel::testing
