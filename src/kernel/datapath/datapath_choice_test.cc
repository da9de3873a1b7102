// Which backend a new flow to a virtual address is led to: by turns, by open connections, by source, and by weight.
#include "kernel/testing/service_host.h"

namespace skein::kernel::testing {
namespace {

TEST_F(Service, weights_share_out_the_flows_and_do_not_let_them_come_in_rows) {
  set_backends({{kBlue, 3}, {kFar, 2}});
  std::string order;
  for (uint16_t port = 40000; port < 40010; ++port)
    order += target_of(red_sends(udp_packet(kRed, kVip, {port, 53}))) == kBlue ? 'b' : 'f';
  EXPECT_EQ(std::count(order.begin(), order.end(), 'b'), 6) << order;
  EXPECT_EQ(order.find("bbb"), std::string::npos) << order;
}

class BalancedService : public Service {
 protected:
  void balance(plan::Balance method, std::vector<BackendEntry> backends = {{kBlue, 1}, {kFar, 1}}) {
    services_ = {{{kNetwork, kVip}, {method, std::move(backends)}}};
    ASSERT_TRUE(path_->set_services(services_, {}).ok());
    ASSERT_TRUE(path_->count_connections(services_).ok());
  }
  // Opens a connection, and returns its backend.
  Ipv4 open(uint16_t port) {
    red_sends(tcp_packet(kRed, kVip, {port, 80}, kSyn));
    return target_of(red_sends(tcp_packet(kRed, kVip, {port, 80}, kAck)));
  }
  void close(uint16_t port, Ipv4 backend) {
    red_sends(tcp_packet(kRed, kVip, {port, 80}, kFin | kAck));
    Bytes fin = tcp_packet(backend, kRed, {80, port}, kFin | kAck);
    backend == kBlue ? blue_sends(fin) : far_sends(fin);
  }

  void balance_keeping_counts(std::vector<BackendEntry> backends) {
    services_.begin()->second.backends = std::move(backends);
    ASSERT_TRUE(path_->set_services(services_, {}).ok());
  }

  std::map<plan::EndpointKey, plan::ServiceEntry> services_;
};

TEST_F(BalancedService, least_connections_makes_up_for_what_others_keep_open) {
  balance(plan::Balance::kLeastConnections);
  std::map<Ipv4, std::vector<uint16_t>> opened;
  for (uint16_t port = 40000; port < 40006; ++port) opened[open(port)].push_back(port);
  ASSERT_EQ(opened[kBlue].size(), 3u);
  for (uint16_t port : opened[kFar]) close(port, kFar);
  for (uint16_t port = 41000; port < 41003; ++port) EXPECT_EQ(open(port), kFar);
  std::map<Ipv4, int> more;
  for (uint16_t port = 42000; port < 42004; ++port) ++more[open(port)];
  EXPECT_EQ(more, (std::map<Ipv4, int>{{kBlue, 2}, {kFar, 2}}));
}

TEST_F(BalancedService, least_connections_heeds_weights) {
  balance(plan::Balance::kLeastConnections, {{kBlue, 3}, {kFar, 1}});
  std::map<Ipv4, int> opened;
  for (uint16_t port = 40000; port < 40012; ++port) ++opened[open(port)];
  EXPECT_EQ(opened, (std::map<Ipv4, int>{{kBlue, 9}, {kFar, 3}}));
}

// Resets, ports used again, backends that leave: whatever ends a connection, counted twice or never, shows here.
TEST_F(BalancedService, connections_are_counted_once_however_they_end) {
  balance(plan::Balance::kLeastConnections, {{kBlue, 1}, {kFar, 0}});
  for (uint16_t port = 40000; port < 40008; ++port) ASSERT_EQ(open(port), kBlue);
  for (int again = 0; again < 2; ++again) close(40000, kBlue);
  for (int again = 0; again < 2; ++again) blue_sends(tcp_packet(kBlue, kRed, {80, 40001}, kRst | kAck));
  red_sends(tcp_packet(kRed, kVip, {40002, 80}, kRst | kAck));
  open(40003);
  red_sends(tcp_packet(kRed, kBlue, {40004, 80}, kSyn), kBlue);  // directly
  // Four are open: 3, 5, 6, 7.
  balance_keeping_counts({{kBlue, 1}, {kFar, 1}});
  for (uint16_t port = 41000; port < 41004; ++port) EXPECT_EQ(open(port), kFar) << port;
  std::set<Ipv4> next = {open(42000), open(42001)};
  EXPECT_EQ(next, (std::set<Ipv4>{kBlue, kFar}));
}

TEST_F(BalancedService, connections_that_were_open_before_count_as_well) {
  for (uint16_t port = 40000; port < 40008; ++port) open(port);
  set_backends({{kBlue, 1}});
  for (uint16_t port = 41000; port < 41003; ++port) EXPECT_EQ(open(port), kBlue);
  set_backends({{kBlue, 1}, {kFar, 1}});
  balance(plan::Balance::kLeastConnections);
  load();
  for (uint16_t port = 42000; port < 42003; ++port) EXPECT_EQ(open(port), kFar);
}

TEST_F(BalancedService, source_hash_leads_a_client_always_to_one_backend) {
  balance(plan::Balance::kSourceHash);
  Ipv4 first = open(40000);
  for (uint16_t port = 40001; port < 40010; ++port) EXPECT_EQ(open(port), first);
  balance(plan::Balance::kSourceHash, {{first, 1}});
  EXPECT_EQ(open(41000), first);
  balance(plan::Balance::kSourceHash, {{kBlue, first == kBlue ? 0u : 1u}, {kFar, first == kFar ? 0u : 1u}});
  EXPECT_NE(open(42000), first);
  balance(plan::Balance::kSourceHash);
  EXPECT_EQ(open(43000), first);
}

TEST_F(BalancedService, source_hash_spreads_clients_by_weight) {
  balance(plan::Balance::kSourceHash, {{kBlue, 1}, {kFar, 3}});
  int far = 0;
  for (uint32_t i = 0; i < 200; ++i) {
    Ipv4 client{ip("10.0.1.128").value + i % 100 + (i / 100 << 16)};
    EndpointConfig config = red();
    config.address = client;
    config.prefix_bits = 8;
    ASSERT_TRUE(path_->attach_endpoint(index("red"), config).ok());
    far += target_of(red_sends(udp_packet(client, kVip, {40000, 53}))) == kFar;
  }
  EXPECT_GT(far, 130);  // of 200, 150 are expected
  EXPECT_LT(far, 170);
}

}  // namespace
}  // namespace skein::kernel::testing
