#include "names/answer.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <memory>

#include "base/result.h"
#include "names/asked_name.h"

namespace skein::names {
namespace {

struct FreePacket {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
using Packet = std::unique_ptr<ldns_pkt, FreePacket>;

constexpr size_t kQueryBytesMax = 1024;  // a question of 255 octets and EDNS options

// Null when the bytes are no query with one question.
Packet parse_query(std::string_view bytes) {
  if (bytes.size() > kQueryBytesMax) return nullptr;
  ldns_pkt* raw = nullptr;
  if (ldns_wire2pkt(&raw, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) != LDNS_STATUS_OK)
    return nullptr;
  Packet packet(raw);
  if (ldns_pkt_qr(raw) || ldns_rr_list_rr_count(ldns_pkt_question(raw)) != 1) return nullptr;
  return packet;
}

// The name as text in its own case, without the trailing dot. Escapes of odd octets stay: no name of ours has any.
std::string name_of(const ldns_rr* question) {
  char* raw = ldns_rdf2str(ldns_rr_owner(question));
  std::string out = raw ? raw : "";
  free(raw);
  if (!out.empty() && out.back() == '.') out.pop_back();
  return out;
}

Packet begin_reply(const ldns_pkt& query, ldns_pkt_rcode code) {
  SKEIN_ASSERT(ldns_rr_list_rr_count(ldns_pkt_question(&query)) == 1);  // see parse_query()
  Packet reply(ldns_pkt_new());
  ldns_pkt_set_id(reply.get(), ldns_pkt_id(&query));
  ldns_pkt_set_qr(reply.get(), true);
  ldns_pkt_set_rd(reply.get(), ldns_pkt_rd(&query));
  ldns_pkt_set_ra(reply.get(), true);
  ldns_pkt_set_opcode(reply.get(), ldns_pkt_get_opcode(&query));
  ldns_pkt_set_rcode(reply.get(), code);
  if (ldns_pkt_edns(&query)) ldns_pkt_set_edns_udp_size(reply.get(), kUdpBytesMax);  // RFC 6891 section 6.1.1
  ldns_pkt_push_rr(reply.get(), LDNS_SECTION_QUESTION, ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(&query), 0)));
  return reply;
}

std::optional<std::string> wire(const ldns_pkt& packet) {
  uint8_t* raw = nullptr;
  size_t size = 0;
  if (ldns_pkt2wire(&raw, &packet, &size) != LDNS_STATUS_OK) return std::nullopt;
  std::string out(reinterpret_cast<char*>(raw), size);
  free(raw);
  return out;
}

// Takes `owner` and `data`.
ldns_rr* make_record(ldns_rdf* owner, ldns_rr_type type, const std::vector<ldns_rdf*>& data) {
  ldns_rr* record = ldns_rr_new();
  ldns_rr_set_owner(record, owner);
  ldns_rr_set_type(record, type);
  ldns_rr_set_class(record, LDNS_RR_CLASS_IN);
  ldns_rr_set_ttl(record, kTtlSeconds);
  for (ldns_rdf* field : data) ldns_rr_push_rdf(record, field);
  return record;
}

ldns_rdf* owner_of(const ldns_rr& question) { return ldns_rdf_clone(ldns_rr_owner(&question)); }

ldns_rdf* address_data(Ipv4 address) {
  uint8_t octets[4] = {uint8_t(address.value >> 24), uint8_t(address.value >> 16), uint8_t(address.value >> 8),
                       uint8_t(address.value)};
  return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_A, 4, octets);
}

// Null for what is no name in DNS.
ldns_rdf* name_data(const std::string& name) { return ldns_rdf_new_frm_str(LDNS_RDF_TYPE_DNAME, (name + ".").c_str()); }

// The addresses of a name on the first network that has it.
const std::set<Ipv4>* find(const std::string& name, const Zones& zones) {
  for (const auto& zone : zones)
    if (auto* found = zone->find(name)) return found;
  // "a.b.c": "a.b" on network "c", then "a" on network "b.c".
  for (size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0; dot = name.rfind('.', dot - 1)) {
    std::string network = to_lower(name.substr(dot + 1));
    for (const auto& zone : zones)
      if (to_lower(zone->network_name()) == network)
        if (auto* found = zone->find(name.substr(0, dot))) return found;
  }
  return nullptr;
}

// Clients take the first: the order is drawn anew for each, to spread them.
std::vector<Ipv4> shuffled(const std::set<Ipv4>& addresses, Random& random) {
  std::vector<Ipv4> order(addresses.begin(), addresses.end());
  for (size_t i = order.size(); i > 1; --i) {
    const size_t other = random.below(i);
    SKEIN_ASSERT(other < i);
    std::swap(order[i - 1], order[other]);
  }
  return order;
}

void add_addresses(ldns_pkt& reply, const ldns_rr& question, const std::set<Ipv4>& addresses, Random& random) {
  for (Ipv4 address : shuffled(addresses, random))
    ldns_pkt_push_rr(&reply, LDNS_SECTION_ANSWER,
                     make_record(owner_of(question), LDNS_RR_TYPE_A, {address_data(address)}));
}

const std::string* pointer_of(Ipv4 address, const Zones& zones) {
  for (const auto& zone : zones)
    if (auto* found = zone->pointer(address)) return found;
  return nullptr;
}

// The endpoints, not the virtual address; null when nobody has the name.
const std::set<Ipv4>* find_endpoints(const std::string& name, const Zones& zones) {
  const std::set<Ipv4>* tasks = find("tasks." + name, zones);
  return tasks ? tasks : find(name, zones);
}

void add_services(ldns_pkt& reply, const ldns_rr& question, uint16_t port, const std::set<Ipv4>& endpoints,
                  const Zones& zones, Random& random) {
  auto number = [](uint16_t value) { return ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, value); };
  for (Ipv4 address : shuffled(endpoints, random)) {
    const std::string* pointer = pointer_of(address, zones);
    ldns_rdf* target = pointer ? name_data(*pointer) : nullptr;
    if (!target) continue;
    ldns_pkt_push_rr(&reply, LDNS_SECTION_ADDITIONAL,
                     make_record(ldns_rdf_clone(target), LDNS_RR_TYPE_A, {address_data(address)}));
    ldns_pkt_push_rr(&reply, LDNS_SECTION_ANSWER,
                     make_record(owner_of(question), LDNS_RR_TYPE_SRV, {number(0), number(1), number(port), target}));
  }
}

size_t room_for(const ldns_pkt& query, Transport transport) {
  if (transport == Transport::kTcp) return kTcpBytesMax;
  if (!ldns_pkt_edns(&query)) return kUdpBytesDefault;
  return std::clamp<size_t>(ldns_pkt_edns_udp_size(&query), kUdpBytesDefault, kUdpBytesMax);
}

ldns_rr_list* records_of(const ldns_pkt& packet, ldns_pkt_section section) {
  switch (section) {
    case LDNS_SECTION_ADDITIONAL: return ldns_pkt_additional(&packet);
    case LDNS_SECTION_AUTHORITY: return ldns_pkt_authority(&packet);
    default: return ldns_pkt_answer(&packet);
  }
}

void leave_out(ldns_pkt& packet, ldns_pkt_section section) {
  ldns_rr_list* records = records_of(packet, section);
  while (ldns_rr* record = ldns_rr_list_pop_rr(records)) ldns_rr_free(record);
  ldns_pkt_set_section_count(&packet, section, 0);
}

// The first `count` records of a section are shown; those behind them stay in the packet's memory.
void show(ldns_pkt& packet, ldns_pkt_section section, size_t count) {
  SKEIN_ASSERT(count <= UINT16_MAX);
  ldns_rr_list_set_rr_count(records_of(packet, section), count);
  ldns_pkt_set_section_count(&packet, section, static_cast<uint16_t>(count));
}

// As many records of a section as fit, none if even none does. Those of sections before it are left out.
std::optional<std::string> cut(ldns_pkt& packet, ldns_pkt_section section, size_t room) {
  const size_t all = ldns_rr_list_rr_count(records_of(packet, section));
  std::optional<std::string> best;
  size_t fits = 0, too_many = std::min<size_t>(all, UINT16_MAX) + 1;
  while (fits < too_many) {
    const size_t tried = fits + (too_many - fits) / 2;
    show(packet, section, tried);
    auto bytes = wire(packet);
    if (bytes && bytes->size() <= room) {
      best = std::move(bytes);
      fits = tried + 1;
    } else {
      too_many = tried;
    }
  }
  ldns_rr_list_set_rr_count(records_of(packet, section), all);  // so that all are freed
  SKEIN_ASSERT(fits <= all + 1 && (!best || best->size() <= room));
  return best;
}

std::optional<std::string> fit(Packet packet, size_t room) {
  if (auto whole = wire(*packet); whole && whole->size() <= room) return whole;
  for (auto section : {LDNS_SECTION_ADDITIONAL, LDNS_SECTION_AUTHORITY, LDNS_SECTION_ANSWER}) {
    ldns_pkt_set_tc(packet.get(), ldns_pkt_tc(packet.get()) || section != LDNS_SECTION_ADDITIONAL);
    if (auto bytes = cut(*packet, section, room)) return bytes;
    leave_out(*packet, section);
  }
  return std::nullopt;
}

}  // namespace

Reply answer(std::string_view bytes, const Zones& zones, Transport transport, Random& random) {
  Packet query = parse_query(bytes);
  if (!query) return {};
  const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(query.get()), 0);
  if (ldns_pkt_get_opcode(query.get()) != LDNS_PACKET_QUERY)
    return {wire(*begin_reply(*query, LDNS_RCODE_NOTIMPL)), false};
  if (ldns_rr_get_class(question) != LDNS_RR_CLASS_IN) return {wire(*begin_reply(*query, LDNS_RCODE_REFUSED)), false};
  std::string name = name_of(question);
  ldns_rr_type type = ldns_rr_get_type(question);
  const size_t room = room_for(*query, transport);
  Packet reply = begin_reply(*query, LDNS_RCODE_NOERROR);
  if (auto address = reversed_address(name)) {
    const std::string* pointer = pointer_of(*address, zones);
    if (!pointer) return {std::nullopt, true};
    if (type == LDNS_RR_TYPE_PTR)
      if (ldns_rdf* target = name_data(*pointer))
        ldns_pkt_push_rr(reply.get(), LDNS_SECTION_ANSWER, make_record(owner_of(*question), type, {target}));
    return {fit(std::move(reply), room), false};
  }
  if (auto asked = asked_port(name)) {
    const std::set<Ipv4>* endpoints = find_endpoints(asked->name, zones);
    if (!endpoints) return {std::nullopt, true};
    if (type == LDNS_RR_TYPE_SRV) add_services(*reply, *question, asked->port, *endpoints, zones, random);
    return {fit(std::move(reply), room), false};
  }
  const std::set<Ipv4>* addresses = find(name, zones);
  if (!addresses) return {std::nullopt, true};
  if (type == LDNS_RR_TYPE_A || type == LDNS_RR_TYPE_ANY) add_addresses(*reply, *question, *addresses, random);
  return {fit(std::move(reply), room), false};
}

std::string fit_forwarded(std::string_view query_bytes, std::string answer, Transport transport) {
  Packet query = parse_query(query_bytes);
  if (!query || answer.size() <= room_for(*query, transport)) return answer;
  ldns_pkt* raw = nullptr;
  const auto* bytes = reinterpret_cast<const uint8_t*>(answer.data());
  Packet packet(ldns_wire2pkt(&raw, bytes, answer.size()) == LDNS_STATUS_OK ? raw : nullptr);
  if (!packet) {
    packet = begin_reply(*query, LDNS_RCODE_NOERROR);
    ldns_pkt_set_tc(packet.get(), true);
  }
  return fit(std::move(packet), room_for(*query, transport)).value_or(std::string());
}

std::optional<std::string> failure(std::string_view bytes, Failure failure) {
  Packet query = parse_query(bytes);
  if (!query) return std::nullopt;
  switch (failure) {
    case Failure::kServerFailure: return wire(*begin_reply(*query, LDNS_RCODE_SERVFAIL));
    case Failure::kNameError: return wire(*begin_reply(*query, LDNS_RCODE_NXDOMAIN));
    case Failure::kRefused: return wire(*begin_reply(*query, LDNS_RCODE_REFUSED));
  }
  return std::nullopt;
}

}  // namespace skein::names
