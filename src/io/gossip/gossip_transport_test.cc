// Hosts of a cluster learn of each other's endpoints over real sockets, and strangers on the port cost them nothing.
#include "io/gossip/gossip_transport.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "base/bytes.h"
#include "base/no_descriptors_for_test.h"
#include "wire/memberlist/keyring.h"
#include "wire/memberlist/message.h"

namespace skein::io {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;
using wire::memberlist::KeyRing;

const std::string kKey(16, 'k');
const std::string kNetwork = "blue", kTable = "endpoint_table";

// Loopback addresses of this process alone, so that test programs may run side by side on port 7946.
IpAddress address_of(int host) {
  const auto id = static_cast<uint32_t>(getpid());
  return IpAddress::from(Ipv4{127u << 24 | (1 + id / 250 % 250) << 16 | (1 + id % 250) << 8 | (1u + host)});
}

// Docker's timings, ten times as quick.
gossip::GossipConfig machine_config(int host, Random& random) {
  gossip::GossipConfig config{.name = random.hex(12), .advertise = {address_of(host)}, .keys = {kKey}};
  config.timings.probe_interval = milliseconds(100);
  config.timings.probe_timeout = milliseconds(50);
  config.timings.gossip_interval = milliseconds(20);
  config.timings.push_pull_interval = milliseconds(500);
  config.timings.bulk_sync_interval = milliseconds(500);
  config.timings.bootstrap_interval = milliseconds(500);
  return config;
}

struct Host {
  Host(asio::io_context& loop, int number, Duration stream_timeout = std::chrono::seconds(10))
      : random(static_cast<uint64_t>(number) + 1),
        machine(machine_config(number, random), random, system_clock().now()),
        transport(GossipTransport::open(loop, machine, system_clock(),
                                        {.listen = address_of(number), .stream_timeout = stream_timeout},
                                        [this](const gossip::Output& event) { events.push_back(event); })
                      .value()) {}

  void join(int number) {
    machine.join({{address_of(number)}}, system_clock().now());
    transport->flush();
  }
  void join_network() {
    machine.join_network(kNetwork, system_clock().now());
    transport->flush();
  }
  void create_entry(const std::string& key, const std::string& value) {
    ASSERT_TRUE(machine.create_entry(kTable, kNetwork, key, value, system_clock().now()).ok());
    transport->flush();
  }
  std::vector<gossip::Entry> entries() const { return machine.entries(kNetwork, kTable); }

  SeededRandom random;
  gossip::Gossip machine;
  std::vector<gossip::Output> events;
  std::unique_ptr<GossipTransport> transport;
};

// Runs the loop until the condition holds. The limit only ends a test that has failed already.
template <class Condition>
bool run_until(asio::io_context& loop, Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    loop.run_one_for(milliseconds(100));
  }
  return true;
}

TEST(GossipTransport, two_hosts_find_each_other_and_exchange_an_entry) {
  asio::io_context loop(1);
  Host first(loop, 0), second(loop, 1);
  first.join_network();
  second.join_network();
  second.join(0);
  ASSERT_TRUE(run_until(loop, [&] {
    return first.machine.network_peers(kNetwork).size() == 2 && second.machine.network_peers(kNetwork).size() == 2;
  }));
  first.create_entry("endpoint", "value");
  const std::vector<gossip::Entry> expected = {{"endpoint", first.machine.name(), "value"}};
  ASSERT_TRUE(run_until(loop, [&] { return second.entries() == expected; }));
  const auto is_creation = [](const gossip::Output& event) {
    const auto* change = std::get_if<gossip::EntryChanged>(&event);
    return change && change->kind == gossip::EntryChange::kCreate && change->value == "value";
  };
  EXPECT_EQ(std::count_if(second.events.begin(), second.events.end(), is_creation), 1);
  EXPECT_GT(first.transport->counts().of(GossipSocketCount::kPacketsSent), 0u);
  EXPECT_GT(first.transport->counts().of(GossipSocketCount::kStreamsAccepted), 0u);
  EXPECT_EQ(first.transport->counts().of(GossipSocketCount::kStreamsBroken), 0u);
}

TEST(GossipTransport, without_descriptors_it_waits_and_then_goes_on) {
  asio::io_context loop(1);
  Host host(loop, 0);
  tcp::socket stranger(loop);
  stranger.connect({asio::ip::address_v4(address_of(0).v4.value), 7946});  // in the queue of what is to be accepted
  EXPECT_LT(handlers_without_descriptors(loop), kHandlersOfAPatientLoop);
  EXPECT_EQ(host.transport->counts().of(GossipSocketCount::kStreamsAccepted), 0u);
  loop.restart();
  EXPECT_TRUE(run_until(loop, [&] { return host.transport->counts().of(GossipSocketCount::kStreamsAccepted) == 1; }));
}

TEST(GossipTransport, entries_too_large_for_packets_come_by_stream) {
  asio::io_context loop(1);
  Host first(loop, 0), second(loop, 1);
  first.join_network();
  std::string value(200 * 1000, '\0');  // random: compression must not make it small
  first.random.fill({reinterpret_cast<uint8_t*>(value.data()), value.size()});
  first.create_entry("endpoint", value);
  second.join_network();
  second.join(0);
  ASSERT_TRUE(run_until(loop, [&] { return !second.entries().empty(); }));
  EXPECT_EQ(second.entries().front().value, value);
}

TEST(GossipTransport, a_host_that_leaves_says_so) {
  asio::io_context loop(1);
  Host first(loop, 0), second(loop, 1);
  second.join(0);
  ASSERT_TRUE(run_until(loop, [&] { return first.machine.members().size() == 2; }));
  second.machine.leave(system_clock().now());
  second.transport->flush();
  ASSERT_TRUE(run_until(
      loop, [&] { return !second.events.empty() && std::holds_alternative<gossip::LeaveDone>(second.events.back()); }));
  EXPECT_TRUE(run_until(loop, [&] { return first.machine.members().size() == 1; }));
}

TEST(GossipTransport, a_taken_port_is_named_with_a_remedy) {
  asio::io_context loop(1);
  Host first(loop, 0);
  auto refused = GossipTransport::open(loop, first.machine, system_clock(), {.listen = address_of(0)}, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().what.find("UDP " + address_of(0).text() + ":7946"), std::string::npos);
  EXPECT_NE(refused.error().try_next.find("ss -lntup | grep 7946"), std::string::npos);
}

tcp::socket stranger(asio::io_context& loop, int host) {
  tcp::socket socket(loop);
  socket.connect(tcp::endpoint(asio::ip::address_v4(address_of(host).v4.value), 7946));
  return socket;
}

// What the host sends until it closes.
std::string answer(asio::io_context& loop, tcp::socket& socket) {
  std::string received;
  bool is_closed = false;
  asio::async_read(socket, asio::dynamic_buffer(received), [&](const error_code&, size_t) { is_closed = true; });
  EXPECT_TRUE(run_until(loop, [&] { return is_closed; }));
  return received;
}

TEST(GossipTransport, an_unencrypted_stream_is_answered_with_an_error_and_closed) {
  asio::io_context loop(1);
  Host host(loop, 0);
  tcp::socket socket = stranger(loop, 0);
  asio::write(socket, asio::buffer(from_hex("0683a44a6f").value()));
  auto plain = KeyRing::make(kKey, {}).value().open_frame(answer(loop, socket));
  ASSERT_TRUE(plain.ok()) << plain.error().text();
  auto message = wire::memberlist::parse_stream(*plain);
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(std::get<wire::memberlist::Err>(*message).text,
            "Encryption is configured but remote state is not encrypted");
}

TEST(GossipTransport, strangers_that_cut_or_stall_their_streams_are_rid_of) {
  asio::io_context loop(1);
  Host host(loop, 0, milliseconds(50));
  const std::string start = from_hex("0a00001000aabb").value();
  tcp::socket cut = stranger(loop, 0), stalled = stranger(loop, 0), silent = stranger(loop, 0);
  asio::write(cut, asio::buffer(start));
  cut.close();
  asio::write(stalled, asio::buffer(start));
  EXPECT_EQ(answer(loop, stalled), "");
  EXPECT_EQ(answer(loop, silent), "");
  EXPECT_TRUE(run_until(loop, [&] { return host.transport->counts().of(GossipSocketCount::kStreamsBroken) == 3; }));
}

TEST(GossipTransport, streams_over_the_limit_are_refused_and_the_others_served) {
  asio::io_context loop(1);
  Host host(loop, 0);
  std::vector<tcp::socket> idle;
  for (size_t i = 0; i < GossipTransport::kIncomingStreamsMax; ++i) idle.push_back(stranger(loop, 0));
  ASSERT_TRUE(run_until(loop, [&] {
    return host.transport->counts().of(GossipSocketCount::kStreamsAccepted) == GossipTransport::kIncomingStreamsMax;
  }));
  tcp::socket refused = stranger(loop, 0);
  EXPECT_EQ(answer(loop, refused), "");
  EXPECT_EQ(host.transport->counts().of(GossipSocketCount::kStreamsRefused), 1u);

  asio::write(idle.front(), asio::buffer(from_hex("0683a44a6f").value()));
  EXPECT_NE(answer(loop, idle.front()), "");
}

TEST(GossipTransport, it_can_be_closed_in_the_middle_of_everything) {
  asio::io_context loop(1);
  tcp::socket socket(loop);
  {
    Host host(loop, 0);
    host.join(5);  // nobody there
    socket = stranger(loop, 0);
    asio::write(socket, asio::buffer(from_hex("0a00001000aabb").value()));
    ASSERT_TRUE(run_until(loop, [&] { return host.transport->counts().of(GossipSocketCount::kStreamsAccepted) == 1; }));
  }
  EXPECT_EQ(answer(loop, socket), "");
  while (loop.poll() > 0) continue;
}

}  // namespace
}  // namespace skein::io
