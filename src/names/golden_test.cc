// Containers get the answers that Docker's resolver gave to the same questions about the same endpoints, so that
// programs which run on Docker find their peers here.
#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/addresses_for_test.h"
#include "base/bytes.h"
#include "names/answer.h"
#include "names/records.h"

namespace skein::names {
namespace {

using Json = nlohmann::json;
using Packet = std::unique_ptr<ldns_pkt, decltype([](ldns_pkt* packet) { ldns_pkt_free(packet); })>;

void add_container(Zone& zone, const std::string& name, const std::string& address,
                   const std::vector<std::string>& aliases) {
  networkdb::EndpointRecord record;
  record.set_name(name);
  record.set_virtual_ip("<nil>");  // as Docker writes it
  for (const auto& alias : aliases) record.add_task_aliases(alias);
  add_record(zone, record, ip(address));
}

struct Service {
  std::string name, virtual_ip;
  std::vector<std::string> aliases;
};

void add_task(Zone& zone, const Service& service, const std::string& name, const std::string& address,
              const std::string& short_id) {
  networkdb::EndpointRecord record;
  record.set_name(name);
  record.set_service_name(service.name);
  record.set_virtual_ip(service.virtual_ip);
  for (const auto& alias : service.aliases) record.add_aliases(alias);
  record.add_task_aliases(short_id);
  add_record(zone, record, ip(address));
}

// What was on the network gvnet when the questions were asked.
Zones captured_zones() {
  auto zone = std::make_shared<Zone>("gvnet");
  add_container(*zone, "solo", "10.88.1.200", {"soloalias", "second", "f090b37b032f"});
  add_container(*zone, "three", "10.88.1.4", {"a3"});
  add_container(*zone, "one", "10.88.1.6", {});
  const Service web{"web", "10.88.1.8", {"webalias"}}, rich{"rich", "10.88.1.11", {"richalias"}},
      round_robin{"rr", "<nil>", {}}, glob{"glob", "10.88.1.25", {}};
  add_task(*zone, web, "web.1.2poy43andhmeb53q8ezff7l0a", "10.88.1.30", "f57b14ddb363");
  add_task(*zone, web, "web.2.another", "10.88.1.29", "000000000029");
  add_task(*zone, rich, "rich.1.task", "10.88.1.22", "000000000022");
  add_task(*zone, round_robin, "rr.1.task", "10.88.1.23", "000000000023");
  add_task(*zone, round_robin, "rr.2.task", "10.88.1.24", "000000000024");
  for (const char* last : {"26", "27", "28"})
    add_task(*zone, glob, std::string("glob.") + last, std::string("10.88.1.") + last, last);
  return {zone};
}

// Where ours differs from Docker's, and why.
enum class Difference {
  kNone,
  // Docker sends questions for other types of a name that it knows to the upstream servers, which hear of the
  // container's name and say that it does not exist. Ours says that it has no such record (RFC 2308 section 2.2).
  kNoRecord,
  // The same for ANY; ours gives the addresses, as ANY asks.
  kAddresses,
};

Difference difference_of(const std::string& name, const std::string& type) {
  if (name == "web" && (type == "SRV" || type == "TXT")) return Difference::kNoRecord;
  if (name == "web" && type == "ANY") return Difference::kAddresses;
  return Difference::kNone;
}

// Whether the answer came from the upstream server of the capture: it knew *.example only, and denied all else.
bool was_forwarded(const Json& query) {
  return query["decoded_answer"].is_null() || query["decoded_answer"]["rcode"] != 0 ||
         query["name"].get<std::string>().ends_with(".example");
}

Packet parse(const std::string& bytes) {
  ldns_pkt* packet = nullptr;
  EXPECT_EQ(ldns_wire2pkt(&packet, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), LDNS_STATUS_OK);
  return Packet(packet);
}

std::string name_text(const ldns_rdf* name) {
  std::unique_ptr<char, decltype(&free)> text(ldns_rdf2str(name), &free);
  return text.get();
}

// The answer in the notation of the vectors, less the order of the records and how their names are compressed: both
// are free, and Docker compresses nothing.
Json decoded(const std::string& bytes) {
  const Packet packet = parse(bytes);
  Json answers = Json::array();
  for (size_t i = 0; i < ldns_rr_list_rr_count(ldns_pkt_answer(packet.get())); ++i) {
    const ldns_rr* record = ldns_rr_list_rr(ldns_pkt_answer(packet.get()), i);
    const ldns_rdf* content = ldns_rr_rdf(record, 0);
    answers.push_back({{"name", name_text(ldns_rr_owner(record))},
                       {"type", ldns_rr_get_type(record)},
                       {"class", ldns_rr_get_class(record)},
                       {"ttl", ldns_rr_ttl(record)},
                       {"rdata_hex", to_hex(as_text({ldns_rdf_data(content), ldns_rdf_size(content)}))}});
  }
  std::sort(answers.begin(), answers.end());
  const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(packet.get()), 0);
  return {{"id", ldns_pkt_id(packet.get())},
          {"flags_hex", to_hex(std::string_view(bytes).substr(2, 2))},
          {"counts",
           {ldns_pkt_qdcount(packet.get()), ldns_pkt_ancount(packet.get()), ldns_pkt_nscount(packet.get()),
            ldns_pkt_arcount(packet.get())}},
          {"question",
           {{"name", name_text(ldns_rr_owner(question))},
            {"type", ldns_rr_get_type(question)},
            {"class", ldns_rr_get_class(question)}}},
          {"answers", answers}};
}

// What Docker said, with our time to live: Docker's 600 s outlive the endpoints.
Json expected_answer(const Json& query, Difference difference) {
  Json out;
  for (const char* member : {"id", "flags_hex", "counts", "question"}) out[member] = query["decoded_answer"][member];
  out["answers"] = Json::array();
  for (const Json& answer : query["decoded_answer"]["answers"]) {
    EXPECT_EQ(answer["ttl"], 600);
    Json record;
    for (const char* member : {"name", "type", "class", "rdata_hex"}) record[member] = answer[member];
    record["ttl"] = kTtlSeconds;
    out["answers"].push_back(record);
  }
  std::sort(out["answers"].begin(), out["answers"].end());
  if (difference == Difference::kNone) return out;
  out["flags_hex"] = "8180";
  if (difference == Difference::kNoRecord) return out;
  out["counts"][1] = 1;
  out["answers"] = {{{"name", "web."}, {"type", 1}, {"class", 1}, {"ttl", kTtlSeconds}, {"rdata_hex", "0a580108"}}};
  return out;
}

Json captured_queries() {
  std::ifstream file(SKEIN_TEST_DATA "/dns/queries.json");
  return Json::parse(file)["queries"];
}

TEST(GoldenNames, every_captured_question_gets_dockers_answer) {
  const Zones zones = captured_zones();
  SeededRandom random(1);
  size_t own = 0, forwarded = 0, different = 0;
  for (const Json& query : captured_queries()) {
    const std::string name = query["name"], type = query["qtype"];
    SCOPED_TRACE(name + " " + type);
    const Difference difference = difference_of(name, type);
    const Transport transport = query["transport"] == "tcp" ? Transport::kTcp : Transport::kUdp;
    const Reply reply = answer(from_hex(query["query_hex"].get<std::string>()).value(), zones, transport, random);
    if (difference == Difference::kNone && was_forwarded(query)) {
      EXPECT_TRUE(reply.is_for_upstream);
      EXPECT_FALSE(reply.packet);
      ++forwarded;
      continue;
    }
    EXPECT_FALSE(reply.is_for_upstream);
    ASSERT_TRUE(reply.packet);
    EXPECT_EQ(decoded(*reply.packet), expected_answer(query, difference));
    ++own;
    different += difference != Difference::kNone;
  }
  EXPECT_EQ(own, 36u);
  EXPECT_EQ(forwarded, 25u);
  EXPECT_EQ(different, 3u);
}

// Where there is no server upstream, or it denies or refuses, the container is told in Docker's bytes.
TEST(GoldenNames, denials_and_refusals_are_written_as_dockers_are) {
  size_t compared = 0;
  for (const Json& query : captured_queries()) {
    const Json& answer = query["decoded_answer"];
    if (answer.is_null() || answer["rcode"] == LDNS_RCODE_NOERROR) continue;
    SCOPED_TRACE(query["name"].get<std::string>() + " " + query["qtype"].get<std::string>());
    const Failure reason = answer["rcode"] == LDNS_RCODE_NXDOMAIN ? Failure::kNameError : Failure::kRefused;
    const auto written = failure(from_hex(query["query_hex"].get<std::string>()).value(), reason);
    ASSERT_TRUE(written);
    EXPECT_EQ(to_hex(*written), query["answer_hex"]);
    ++compared;
  }
  EXPECT_GE(compared, 18u);
}

}  // namespace
}  // namespace skein::names
