// The tables of the routing mesh: the host's part, and its published ports.
#include <endian.h>
#include <netinet/in.h>

#include <cstring>

#include "kernel/datapath/datapath_state.h"

namespace skein::kernel {
namespace {

using plan::MeshHost;
using plan::MeshPort;
using plan::MeshTarget;

constexpr uint32_t kMappedPrefix = 0xffff;  // third word of ::ffff:a.b.c.d

skein_address encode(const Ipv6& address) {
  skein_address out{};
  memcpy(out.words, address.octets.data(), sizeof out.words);
  return out;
}
skein_address encode_mapped(Ipv4 address) { return {{0, 0, htobe32(kMappedPrefix), htobe32(address.value)}}; }
Ipv4 decode(const skein_address& address) { return {be32toh(address.words[3])}; }

IpAddress decode_any(const skein_address& address) {
  if (!address.words[0] && !address.words[1] && address.words[2] == htobe32(kMappedPrefix))
    return IpAddress::from(decode(address));
  Ipv6 out;
  memcpy(out.octets.data(), address.words, sizeof address.words);
  return IpAddress::from(out);
}

constexpr uint32_t word(const Ipv6& address, size_t n) {
  uint32_t out = 0;
  for (size_t i = 4 * n; i < 4 * n + 4; ++i) out = out << 8 | address.octets[i];
  return out;
}
constexpr bool is_known_as(const Ipv6& address, uint32_t last) {
  return word(address, 0) == SKEIN_MESH_PREFIX6_WORD0 && word(address, 1) == SKEIN_MESH_PREFIX6_WORD1 &&
         word(address, 2) == 0 && word(address, 3) == last;
}
static_assert(is_known_as(plan::kMeshClient6, SKEIN_MESH_CLIENT6_WORD3));

constexpr Ipv6 kSomeEndpoint = plan::endpoint_address6({0x0a000102});
static_assert(word(kSomeEndpoint, 0) == SKEIN_MESH_PREFIX6_WORD0 &&
              word(kSomeEndpoint, 1) == SKEIN_ENDPOINT_PREFIX6_WORD1 && word(kSomeEndpoint, 2) == 0 &&
              word(kSomeEndpoint, 3) == 0x0a000102);

skein_port_key encode(const MeshPort& port) {
  skein_port_key key{{}, htobe16(port.port), port.protocol, 0};
  if (!port.address) return key;
  key.address = port.address->is_v6 ? encode(port.address->v6) : encode_mapped(port.address->v4);
  key.is_ipv6 = port.address->is_v6 && port.address->is_unspecified();
  return key;
}

MeshPort decode(const skein_port_key& key) {
  MeshPort port{key.protocol, std::nullopt, be16toh(key.port)};
  const IpAddress address = decode_any(key.address);
  if (key.is_ipv6 || !address.is_unspecified()) port.address = address;
  return port;
}

}  // namespace

Result<void> DataPath::set_mesh(const MeshHost& mesh, uint32_t device, uint32_t inner) {
  SKEIN_TRY_ASSIGN(sockaddr hardware, hardware_address(device));
  SKEIN_TRY(hardware_address(inner));
  skein_attachment attachment{};
  attachment.kind = SKEIN_MESH;
  attachment.vni = mesh.vni.value;
  SKEIN_TRY(state_->attachments.put(inner, attachment));
  skein_mesh row{mesh.vni.value,
                 htobe32(mesh.address.value),
                 htobe32(plan::kMeshEntry.value),
                 htobe32(plan::kMeshClient.value),
                 device,
                 0,
                 {},
                 mesh.is_encrypted,
                 0};
  skein_mesh before{};
  if (state_->mesh.find(0, &before)) row.routes = before.routes + 1;
  memcpy(row.mac, hardware.sa_data, sizeof(row.mac));
  SKEIN_TRY(state_->mesh.put(0, row));
  return state_->hooks.attach(inner, state_->program_for(inner, attachment), bpf::Device::kOurs);
}

Result<void> DataPath::forget_routes() {
  skein_mesh row{};
  if (!state_->mesh.find(0, &row) || row.ifindex == 0) return {};
  ++row.routes;
  return state_->mesh.put(0, row);
}

Result<void> DataPath::clear_mesh() { return state_->mesh.put(0, {}); }

Result<void> DataPath::set_ports(const std::map<MeshPort, MeshTarget>& upserts, const std::set<MeshPort>& deletes) {
  decltype(state_->ports)::Rows rows;
  for (const auto& [port, target] : upserts)
    rows.add(encode(port),
             {target.vni.value, encode_mapped(target.service), htobe16(target.port), target.is_container, 0});
  for (const MeshPort& port : deletes) SKEIN_TRY(state_->ports.erase(encode(port)));
  return state_->ports.put(rows);
}

Result<std::vector<MeshClient>> DataPath::orphans() const {
  SKEIN_TRY_ASSIGN(auto flows, state_->mesh_flows.rows());
  std::vector<MeshClient> out;
  for (const auto& [key, flow] : flows) {
    if (!flow.service || key.protocol != IPPROTO_TCP) continue;  // the answers' way, or nobody who could be reset
    skein_endpoint backend{};
    if (state_->endpoints.find({flow.vni, flow.target.words[3]}, &backend) &&
        (backend.service == flow.service || flow.service == flow.target.words[3]))  // a container itself
      continue;
    out.push_back({decode_any(key.source), decode_any(key.target), be16toh(key.source_port), be16toh(key.target_port),
                   be32toh(flow.acked)});
  }
  return out;
}

std::optional<MeshHost> DataPath::State::observe_mesh() const {
  skein_mesh row{};
  if (!mesh.find(0, &row) || row.ifindex == 0) return std::nullopt;
  return MeshHost{{row.vni}, {be32toh(row.address)}, 0, row.is_encrypted != 0};
}

Result<std::map<MeshPort, MeshTarget>> DataPath::State::observe_ports() const {
  std::map<MeshPort, MeshTarget> observed;
  SKEIN_TRY_ASSIGN(auto rows, ports.rows());
  for (const auto& [key, port] : rows)
    observed.emplace(decode(key),
                     MeshTarget{{port.vni}, decode(port.service), be16toh(port.target_port), port.is_container != 0});
  return observed;
}

}  // namespace skein::kernel
