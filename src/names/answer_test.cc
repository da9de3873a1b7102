#include "names/answer.h"

#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <memory>

namespace skein::names {
namespace {

std::string query(const std::string& name, ldns_rr_type type, bool has_edns = false) {
  ldns_pkt* packet = ldns_pkt_query_new(ldns_dname_new_frm_str(name.c_str()), type, LDNS_RR_CLASS_IN, LDNS_RD);
  ldns_pkt_set_id(packet, 4711);
  if (has_edns) ldns_pkt_set_edns_udp_size(packet, 4096);
  uint8_t* raw = nullptr;
  size_t size = 0;
  ldns_pkt2wire(&raw, packet, &size);
  std::string out(reinterpret_cast<char*>(raw), size);
  free(raw);
  ldns_pkt_free(packet);
  return out;
}

// "NOERROR 10.0.1.5 10.0.1.6": code and data of the answers, in their order; after "+", addresses in addition.
std::string shown(const std::optional<std::string>& bytes) {
  if (!bytes) return "silence";
  ldns_pkt* packet = nullptr;
  if (ldns_wire2pkt(&packet, reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()) != LDNS_STATUS_OK)
    return "garbage";
  EXPECT_EQ(ldns_pkt_id(packet), 4711);
  EXPECT_TRUE(ldns_pkt_qr(packet));
  EXPECT_TRUE(ldns_pkt_ra(packet));
  ldns_lookup_table* code = ldns_lookup_by_id(ldns_rcodes, ldns_pkt_get_rcode(packet));
  std::string out = code->name;
  if (ldns_pkt_tc(packet)) out += " TC";
  for (size_t i = 0; i < ldns_rr_list_rr_count(ldns_pkt_answer(packet)); ++i) {
    const ldns_rr* record = ldns_rr_list_rr(ldns_pkt_answer(packet), i);
    for (size_t field = 0; field < ldns_rr_rd_count(record); ++field) {
      char* text = ldns_rdf2str(ldns_rr_rdf(record, field));
      out += std::string(field ? "," : " ") + text;
      free(text);
    }
  }
  for (size_t i = 0; i < ldns_rr_list_rr_count(ldns_pkt_additional(packet)); ++i) {
    const ldns_rr* record = ldns_rr_list_rr(ldns_pkt_additional(packet), i);
    for (const ldns_rdf* field : {ldns_rr_owner(record), ldns_rr_rdf(record, 0)}) {
      char* text = ldns_rdf2str(field);
      out += std::string(field == ldns_rr_owner(record) ? " +" : "=") + text;
      free(text);
    }
  }
  ldns_pkt_free(packet);
  return out;
}

struct AnswerTest : testing::Test {
  AnswerTest() {
    auto app = std::make_shared<Zone>("appnet");
    app->add_name("web", *Ipv4::parse("10.0.1.5"));
    app->add_name("a.b", *Ipv4::parse("10.0.1.6"));
    app->set_pointer(*Ipv4::parse("10.0.1.5"), "web");
    for (int i = 1; i <= 60; ++i) app->add_name("many", Ipv4{0x0a000200u + unsigned(i)});
    auto back = std::make_shared<Zone>("Back");
    back->add_name("web", *Ipv4::parse("10.0.2.5"));
    back->add_name("db", *Ipv4::parse("10.0.2.6"));
    zones = {app, back};
  }
  Reply ask(const std::string& name, ldns_rr_type type = LDNS_RR_TYPE_A, Transport transport = Transport::kUdp) {
    return answer(query(name, type), zones, transport, random);
  }
  Zones zones;
  SeededRandom random{1};
};

TEST_F(AnswerTest, a_name_is_found_on_the_first_network_that_has_it) {
  EXPECT_EQ(shown(ask("web").packet), "NOERROR 10.0.1.5");
  EXPECT_EQ(shown(ask("db").packet), "NOERROR 10.0.2.6");
  EXPECT_EQ(shown(ask("WEB.").packet), "NOERROR 10.0.1.5") << "letter case does not matter";
}

TEST_F(AnswerTest, a_network_may_be_named) {
  EXPECT_EQ(shown(ask("web.back").packet), "NOERROR 10.0.2.5");
  EXPECT_EQ(shown(ask("web.appnet").packet), "NOERROR 10.0.1.5");
  EXPECT_EQ(shown(ask("a.b").packet), "NOERROR 10.0.1.6") << "a dot may be part of a name";
  EXPECT_EQ(shown(ask("a.b.appnet").packet), "NOERROR 10.0.1.6");
  EXPECT_TRUE(ask("db.appnet").is_for_upstream);
}

// Without an answer to AAAA, resolvers wait for seconds before they use the IPv4 address.
TEST_F(AnswerTest, a_known_name_without_records_of_the_type_is_answered_empty) {
  for (auto type : {LDNS_RR_TYPE_AAAA, LDNS_RR_TYPE_MX, LDNS_RR_TYPE_TXT, LDNS_RR_TYPE_SRV})
    EXPECT_EQ(shown(ask("web", type).packet), "NOERROR");
}

TEST_F(AnswerTest, addresses_have_their_names) {
  EXPECT_EQ(shown(ask("5.1.0.10.in-addr.arpa", LDNS_RR_TYPE_PTR).packet), "NOERROR web.appnet.");
  EXPECT_EQ(shown(ask("5.1.0.10.in-addr.arpa", LDNS_RR_TYPE_A).packet), "NOERROR");
  EXPECT_TRUE(ask("9.1.0.10.in-addr.arpa", LDNS_RR_TYPE_PTR).is_for_upstream);
}

TEST_F(AnswerTest, a_port_may_be_asked_for) {
  EXPECT_EQ(shown(ask("_80._tcp.web", LDNS_RR_TYPE_SRV).packet), "NOERROR 0,1,80,web.appnet. +web.appnet.=10.0.1.5");
  EXPECT_EQ(shown(ask("_53._UDP.web.appnet", LDNS_RR_TYPE_SRV).packet),
            "NOERROR 0,1,53,web.appnet. +web.appnet.=10.0.1.5");
  EXPECT_EQ(shown(ask("_80._tcp.db", LDNS_RR_TYPE_SRV).packet), "NOERROR") << "an endpoint without a name of its own";
  EXPECT_EQ(shown(ask("_80._tcp.web", LDNS_RR_TYPE_A).packet), "NOERROR");
  for (const char* name : {"_http._tcp.web", "_0._tcp.web", "_65536._tcp.web", "_8x._tcp.web", "_80._tcp.nobody",
                           "_80._icmp.web", "_80.web", "_80._tcp"})
    EXPECT_TRUE(ask(name, LDNS_RR_TYPE_SRV).is_for_upstream) << name;
}

TEST_F(AnswerTest, the_port_of_a_service_is_that_of_its_tasks) {
  auto app = std::make_shared<Zone>("appnet");
  app->add_name("api", *Ipv4::parse("10.0.1.2"));
  for (const char* address : {"10.0.1.7", "10.0.1.8"}) {
    app->add_name("tasks.api", *Ipv4::parse(address));
    app->set_pointer(*Ipv4::parse(address), std::string("api.") + address[7]);
  }
  zones = {app};
  std::string both = shown(ask("_80._tcp.api", LDNS_RR_TYPE_SRV).packet);
  for (const char* part :
       {" 0,1,80,api.7.appnet.", " 0,1,80,api.8.appnet.", " +api.7.appnet.=10.0.1.7", " +api.8.appnet.=10.0.1.8"})
    EXPECT_NE(both.find(part), std::string::npos) << both;
}

TEST_F(AnswerTest, what_nobody_knows_is_for_the_upstream_servers_and_never_met_with_silence) {
  auto reply = ask("example.org");
  EXPECT_TRUE(reply.is_for_upstream);
  EXPECT_FALSE(reply.packet);
  EXPECT_EQ(shown(failure(query("example.org", LDNS_RR_TYPE_A), Failure::kNameError)), "NXDOMAIN");
  EXPECT_EQ(shown(failure(query("example.org", LDNS_RR_TYPE_A), Failure::kServerFailure)), "SERVFAIL");
}

TEST_F(AnswerTest, an_answer_that_does_not_fit_sends_the_client_to_tcp) {
  EXPECT_EQ(shown(ask("many").packet), "NOERROR TC");
  std::string whole = shown(ask("many", LDNS_RR_TYPE_A, Transport::kTcp).packet);
  EXPECT_EQ(std::count(whole.begin(), whole.end(), ' '), 60);
  EXPECT_EQ(shown(answer(query("many", LDNS_RR_TYPE_A, true), zones, Transport::kUdp, random).packet).size(),
            whole.size());
}

// Clients use the first address: every backend must be first now and then.
TEST_F(AnswerTest, the_order_of_addresses_is_drawn_for_each_answer) {
  std::set<std::string> first;
  for (int i = 0; i < 500; ++i) {
    std::string all = shown(ask("many", LDNS_RR_TYPE_A, Transport::kTcp).packet);
    first.insert(all.substr(8, all.find(' ', 8) - 8));
  }
  EXPECT_GT(first.size(), 50u);
}

TEST_F(AnswerTest, hostile_bytes_are_dropped) {
  SeededRandom bytes(99);
  std::string good = query("web", LDNS_RR_TYPE_A);
  for (int i = 0; i < 20000; ++i) {
    std::string bad = good;
    for (uint64_t change = bytes.below(4) + 1; change > 0; --change)
      bad[bytes.below(bad.size())] = static_cast<char>(bytes.below(256));
    bad.resize(bytes.below(bad.size() + 1));
    (void)answer(bad, zones, Transport::kUdp, random);
    (void)failure(bad, Failure::kRefused);
  }
  EXPECT_FALSE(answer("", zones, Transport::kUdp, random).packet);
  EXPECT_FALSE(answer(std::string(5000, 'x'), zones, Transport::kUdp, random).packet);
  EXPECT_FALSE(answer(*ask("web").packet, zones, Transport::kUdp, random).packet) << "an answer is no question";
}

}  // namespace
}  // namespace skein::names
