#include "names/answer.h"

#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <memory>

namespace skein::names {
namespace {

std::string query(const std::string& name, ldns_rr_type type, uint16_t edns_bytes = 0) {
  ldns_pkt* packet = ldns_pkt_query_new(ldns_dname_new_frm_str(name.c_str()), type, LDNS_RR_CLASS_IN, LDNS_RD);
  ldns_pkt_set_id(packet, 4711);
  if (edns_bytes) ldns_pkt_set_edns_udp_size(packet, edns_bytes);
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
  std::string part = shown(ask("many").packet);
  EXPECT_TRUE(part.starts_with("NOERROR TC 10.0.2.")) << part;
  EXPECT_EQ(std::count(part.begin(), part.end(), ' '), 1 + 30) << "(512 - header 12 - question 10) / 16";
  std::string whole = shown(ask("many", LDNS_RR_TYPE_A, Transport::kTcp).packet);
  EXPECT_EQ(std::count(whole.begin(), whole.end(), ' '), 60);
  EXPECT_EQ(shown(answer(query("many", LDNS_RR_TYPE_A, 4096), zones, Transport::kUdp, random).packet).size(),
            whole.size());
}

struct Parsed {
  bool is_cut = false;
  bool has_edns = false;
  size_t answers = 0, authority = 0, additional = 0;
};

Parsed parsed(const std::string& bytes) {
  ldns_pkt* packet = nullptr;
  if (ldns_wire2pkt(&packet, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) != LDNS_STATUS_OK) {
    ADD_FAILURE() << "garbage";
    return {};
  }
  Parsed out{ldns_pkt_tc(packet), ldns_pkt_edns(packet), ldns_pkt_ancount(packet), ldns_pkt_nscount(packet),
             ldns_rr_list_rr_count(ldns_pkt_additional(packet))};
  EXPECT_EQ(ldns_rr_list_rr_count(ldns_pkt_answer(packet)), out.answers);
  ldns_pkt_free(packet);
  return out;
}

// A name with `count` addresses.
Zones zones_of(const std::string& name, size_t count) {
  auto zone = std::make_shared<Zone>("n");
  for (size_t i = 1; i <= count; ++i) zone->add_name(name, Ipv4{0x0a000000u + unsigned(i)});
  return {zone};
}

TEST_F(AnswerTest, as_many_addresses_as_fit_are_given_at_every_size) {
  constexpr size_t kHead = 12 + 3 + 4, kRecord = 16, kOption = 11;  // "x": length, letter, end; type and class
  for (size_t count : {1u, 29u, 30u, 31u, 32u, 60u, 74u, 75u, 254u, 255u, 256u})
    for (unsigned edns : {0u, 1u, 511u, 512u, 513u, 526u, 527u, 528u, 529u, 1232u, 4095u, 4096u, 4097u, 65535u}) {
      const Zones zones_here = zones_of("x", count);
      const auto reply = answer(query("x", LDNS_RR_TYPE_A, uint16_t(edns)), zones_here, Transport::kUdp, random);
      const size_t room = std::clamp<size_t>(edns, 512, 4096);
      const size_t fits = std::min(count, (room - kHead - (edns ? kOption : 0)) / kRecord);
      const Parsed got = parsed(reply.packet.value());
      EXPECT_LE(reply.packet->size(), room);
      EXPECT_EQ(got.answers, fits) << count << " addresses, room " << room;
      EXPECT_EQ(got.is_cut, fits < count) << count << " addresses, room " << room;
      EXPECT_EQ(got.has_edns, edns != 0);
    }
}

TEST_F(AnswerTest, tcp_carries_all_that_a_message_can_hold) {
  constexpr size_t kMost = (65535 - 19) / 16;
  for (size_t count : {kMost - 1, kMost, kMost + 1, size_t{65534}}) {
    const auto reply = answer(query("x", LDNS_RR_TYPE_A), zones_of("x", count), Transport::kTcp, random);
    const Parsed got = parsed(reply.packet.value());
    EXPECT_LE(reply.packet->size(), kTcpBytesMax);
    EXPECT_EQ(got.answers, std::min(count, kMost));
    EXPECT_EQ(got.is_cut, count > kMost);
  }
}

// The addresses of targets may be missing without a word; a missing target is told.
TEST_F(AnswerTest, ports_lose_their_additional_addresses_first) {
  bool was_whole = false, was_without_addresses = false, was_cut = false;
  for (unsigned count = 1; count <= 40; ++count) {
    auto zone = std::make_shared<Zone>("n");
    for (unsigned i = 1; i <= count; ++i) {
      zone->add_name("tasks.x", Ipv4{0x0a000000u + i});
      zone->set_pointer(Ipv4{0x0a000000u + i}, "x." + std::to_string(i));
    }
    const auto reply = answer(query("_80._tcp.x", LDNS_RR_TYPE_SRV), {zone}, Transport::kUdp, random);
    const Parsed got = parsed(reply.packet.value());
    EXPECT_LE(reply.packet->size(), kUdpBytesDefault);
    EXPECT_EQ(got.is_cut, got.answers < count);
    EXPECT_TRUE(!got.is_cut || got.additional == 0);
    EXPECT_GT(got.answers, 0u);
    was_whole |= got.additional == count;
    was_without_addresses |= got.additional < count && !got.is_cut;
    was_cut |= got.is_cut;
    const auto whole = answer(query("_80._tcp.x", LDNS_RR_TYPE_SRV), {zone}, Transport::kTcp, random);
    EXPECT_EQ(parsed(whole.packet.value()).answers, count);
    EXPECT_EQ(parsed(whole.packet.value()).additional, count);
  }
  EXPECT_TRUE(was_whole && was_without_addresses && was_cut);
}

TEST_F(AnswerTest, the_longest_names_are_answered) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');  // 253
  for (const std::string& name : {label, longest}) {
    const auto reply = answer(query(name, LDNS_RR_TYPE_A), zones_of(name, 60), Transport::kUdp, random);
    const Parsed got = parsed(reply.packet.value());
    EXPECT_EQ(got.answers, (512 - 12 - (name.size() + 2) - 4) / 16) << name.size();
    EXPECT_TRUE(got.is_cut);
  }
  // Names that DNS cannot say are left out, not answered with garbage.
  for (const std::string& name : {std::string(64, 'a'), longest + "c"}) {
    auto zone = std::make_shared<Zone>("n");
    zone->add_name("x", *Ipv4::parse("10.0.1.5"));
    zone->set_pointer(*Ipv4::parse("10.0.1.5"), name);
    EXPECT_EQ(shown(answer(query("5.1.0.10.in-addr.arpa", LDNS_RR_TYPE_PTR), {zone}, Transport::kUdp, random).packet),
              "NOERROR");
    EXPECT_EQ(shown(answer(query("_1._tcp.x", LDNS_RR_TYPE_SRV), {zone}, Transport::kUdp, random).packet), "NOERROR");
  }
}

// An upstream server may give more than this client takes.
TEST_F(AnswerTest, an_upstream_answer_is_passed_on_as_it_came_or_cut_to_fit) {
  constexpr size_t kHead = 12 + 3 + 4;
  for (size_t count : {1u, 30u, 31u, 300u}) {
    const std::string whole =
        answer(query("x", LDNS_RR_TYPE_A), zones_of("x", count), Transport::kTcp, random).packet.value();
    for (unsigned edns : {0u, 600u, 4096u}) {
      const size_t room = std::clamp<size_t>(edns, 512, 4096);
      const std::string passed = fit_forwarded(query("x", LDNS_RR_TYPE_A, uint16_t(edns)), whole, Transport::kUdp);
      if (whole.size() <= room) {
        EXPECT_EQ(passed, whole);
        continue;
      }
      EXPECT_LE(passed.size(), room);
      EXPECT_EQ(parsed(passed).answers, (room - kHead) / 16);
      EXPECT_TRUE(parsed(passed).is_cut);
    }
    EXPECT_EQ(fit_forwarded(query("x", LDNS_RR_TYPE_A), whole, Transport::kTcp), whole);
  }
  const std::string garbage = query("x", LDNS_RR_TYPE_A).substr(0, 2) + std::string(600, '\xff');
  const std::string passed = fit_forwarded(query("x", LDNS_RR_TYPE_A), garbage, Transport::kUdp);
  EXPECT_TRUE(parsed(passed).is_cut);
  EXPECT_EQ(parsed(passed).answers, 0u);
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
    (void)fit_forwarded(query("web", LDNS_RR_TYPE_A), bad + std::string(600, '\0'), Transport::kUdp);
  }
  EXPECT_FALSE(answer("", zones, Transport::kUdp, random).packet);
  EXPECT_FALSE(answer(std::string(5000, 'x'), zones, Transport::kUdp, random).packet);
  EXPECT_FALSE(answer(*ask("web").packet, zones, Transport::kUdp, random).packet) << "an answer is no question";
}

}  // namespace
}  // namespace skein::names
