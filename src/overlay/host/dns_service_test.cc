// The resolver over real sockets in a container's namespace.
#include "overlay/host/dns_service.h"

#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "base/no_descriptors_for_test.h"
#include "kernel/net/test_host.h"
#include "names/answer.h"

namespace skein::overlay {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using kernel::net::run_in_namespace;

constexpr const char* kResolver = "127.0.0.11";
constexpr const char* kUpstream = "127.0.0.53";  // on the host's loopback

std::string question(const char* name) {
  ldns_pkt* packet = ldns_pkt_query_new(ldns_dname_new_frm_str(name), LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN, LDNS_RD);
  ldns_pkt_set_id(packet, 4711);
  uint8_t* raw = nullptr;
  size_t size = 0;
  ldns_pkt2wire(&raw, packet, &size);
  std::string out(reinterpret_cast<char*>(raw), size);
  free(raw);
  ldns_pkt_free(packet);
  return out;
}

names::Zones zone_with(const char* name, unsigned count) {
  auto zone = std::make_shared<names::Zone>("n");
  for (unsigned i = 1; i <= count; ++i) zone->add_name(name, Ipv4{0x0a000000u + i});
  return {zone};
}

bool is_cut(const std::string& answer) { return answer.at(2) & 0x02; }
unsigned answers_in(const std::string& answer) { return unsigned(uint8_t(answer.at(6))) << 8 | uint8_t(answer.at(7)); }

class DnsServiceTest : public kernel::net::TestHost {
 protected:
  void SetUp() override {
    TestHost::SetUp();
    container_ = make_ns("container");
    service_.emplace(
        loop_, random_, [](const std::string&) { return zone_with("many", 60); }, "/dev/null");
    ASSERT_TRUE(service_->serve({"c1", container_, {kUpstream}}).ok());
  }
  void TearDown() override {
    service_.reset();
    loop_.restart();
    loop_.run_for(std::chrono::milliseconds(1));
    TestHost::TearDown();
  }

  tcp::socket stream() {
    tcp::socket out(loop_);
    EXPECT_TRUE(run_in_namespace(container_, [&]() -> Result<void> {
                  out.connect({asio::ip::make_address(kResolver), 53});
                  return {};
                }).ok());
    return out;
  }
  void run_until(const std::function<bool()>& is_done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    loop_.restart();
    while (!is_done() && std::chrono::steady_clock::now() < give_up) loop_.run_one_for(std::chrono::milliseconds(50));
    ASSERT_TRUE(is_done());
  }
  std::string ask_stream(tcp::socket& socket, const std::string& query) {
    const std::string framed = std::string{char(query.size() >> 8), char(query.size())} + query;
    asio::write(socket, asio::buffer(framed));
    run_until([&] { return socket.available() >= 2; });
    uint8_t head[2];
    asio::read(socket, asio::buffer(head));
    std::string answer(size_t(head[0]) << 8 | head[1], '\0');
    run_until([&] { return socket.available() >= answer.size(); });
    asio::read(socket, asio::buffer(answer));
    return answer;
  }
  std::string ask_packet(const std::string& query) {
    udp::socket socket(loop_);
    EXPECT_TRUE(run_in_namespace(container_, [&]() -> Result<void> {
                  socket.connect({asio::ip::make_address(kResolver), 53});
                  return {};
                }).ok());
    socket.send(asio::buffer(query));
    run_until([&] { return socket.available() > 0; });
    std::string answer(65536, '\0');
    answer.resize(socket.receive(asio::buffer(answer)));
    return answer;
  }

  asio::io_context loop_{1};
  SeededRandom random_{1};
  std::string container_;
  std::optional<DnsService> service_;
};

TEST_F(DnsServiceTest, as_many_addresses_as_fit_come_by_packet_and_all_by_stream) {
  const std::string part = ask_packet(question("many"));
  EXPECT_LE(part.size(), 512u);
  EXPECT_TRUE(is_cut(part));
  EXPECT_EQ(answers_in(part), 30u);
  tcp::socket socket = stream();
  const std::string whole = ask_stream(socket, question("many"));
  EXPECT_FALSE(is_cut(whole));
  EXPECT_EQ(answers_in(whole), 60u);
}

TEST_F(DnsServiceTest, an_upstream_answer_longer_than_the_client_takes_is_cut) {
  udp::socket upstream(loop_, {asio::ip::make_address(kUpstream), 53});
  std::string query(512, '\0'), answer;
  udp::endpoint from;
  upstream.async_receive_from(asio::buffer(query), from, [&](boost::system::error_code, size_t size) {
    query.resize(size);
    const auto reply = names::answer(query, zone_with("elsewhere", 300), names::Transport::kTcp, random_);
    answer = reply.packet.value();
    upstream.send_to(asio::buffer(answer), from);
  });
  const std::string passed = ask_packet(question("elsewhere"));
  EXPECT_GT(answer.size(), names::kUdpBytesMax);
  EXPECT_LE(passed.size(), 512u);
  EXPECT_TRUE(is_cut(passed));
  EXPECT_GT(answers_in(passed), 20u);
}

TEST_F(DnsServiceTest, without_descriptors_it_waits_and_then_goes_on) {
  tcp::socket socket = stream();  // in the queue of what is to be accepted
  EXPECT_LT(handlers_without_descriptors(loop_), kHandlersOfAPatientLoop);
  EXPECT_EQ(answers_in(ask_stream(socket, question("many"))), 60u);
}

}  // namespace
}  // namespace skein::overlay
