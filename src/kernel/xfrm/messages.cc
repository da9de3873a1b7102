#include "kernel/xfrm/messages.h"

#include <endian.h>
#include <linux/xfrm.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

#include "esp/crypto/key.h"

namespace skein::kernel::xfrm {

namespace {

constexpr const char* kCipher = "rfc4106(gcm(aes))";
constexpr size_t kSaltBytes = 4, kKeyBytes = esp::Key::kBytes + kSaltBytes;

// Of an outbound state, whose window nobody uses.
constexpr uint32_t kLeastWindow = 32;

// A header of the kernel's with room for what follows it.
template <class Head, size_t kRoomBytes>
struct Long {
  alignas(Head) std::array<uint8_t, sizeof(Head) + kRoomBytes> bytes{};
  Head& head() { return *reinterpret_cast<Head*>(bytes.data()); }
  uint8_t* room() { return bytes.data() + sizeof(Head); }
};

xfrm_address_t address(Ipv4 ip) {
  xfrm_address_t out{};
  out.a4 = htobe32(ip.value);
  return out;
}

Ipv4 ipv4(const xfrm_address_t& from) { return Ipv4{be32toh(from.a4)}; }

void never_expire(xfrm_lifetime_cfg& limits) {
  limits.soft_byte_limit = limits.hard_byte_limit = XFRM_INF;
  limits.soft_packet_limit = limits.hard_packet_limit = XFRM_INF;
}

// The salt is the SPI, as Docker has it.
void put_cipher(net::Request& request, uint32_t spi, const State& state) {
  Long<xfrm_algo_aead, kKeyBytes> cipher;
  strncpy(cipher.head().alg_name, kCipher, sizeof cipher.head().alg_name - 1);
  cipher.head().alg_key_len = kKeyBytes * 8;
  cipher.head().alg_icv_len = state.icv_bytes * 8;
  const uint32_t salt = htobe32(spi);
  const auto key = state.key.bytes();
  std::copy(key.begin(), key.end(), cipher.room());
  memcpy(cipher.room() + key.size(), &salt, sizeof salt);
  request.put_bytes(XFRMA_ALG_AEAD, cipher.bytes.data(), cipher.bytes.size());
  explicit_bzero(cipher.bytes.data(), cipher.bytes.size());
}

void put_window(net::Request& request, const State& state) {
  if (!state.has_esn && !state.has_window) return;
  Long<xfrm_replay_state_esn, kWindowNumbers / 8> replay;
  replay.head().replay_window = state.has_window ? kWindowNumbers : kLeastWindow;
  replay.head().bmp_len = replay.head().replay_window / 32;
  request.put_bytes(XFRMA_REPLAY_ESN_VAL, replay.bytes.data(),
                    sizeof(xfrm_replay_state_esn) + replay.head().bmp_len * sizeof(uint32_t));
}

xfrm_selector to_tunnel(const PolicyKey& key) {
  xfrm_selector out{};
  out.family = AF_INET;
  out.saddr = address(key.source);
  out.daddr = address(key.target);
  out.prefixlen_s = out.prefixlen_d = 32;
  out.proto = IPPROTO_UDP;
  out.dport = htobe16(key.port);
  out.dport_mask = 0xffff;
  return out;
}

void put_mark(net::Request& request) {
  const xfrm_mark mark{plan::kEspMark, 0xffffffff};
  request.put_bytes(XFRMA_MARK, &mark, sizeof mark);
}

template <class T>
const T* payload(const nlattr* attribute) {
  if (!attribute || mnl_attr_get_payload_len(attribute) < sizeof(T)) return nullptr;
  return static_cast<const T*>(mnl_attr_get_payload(attribute));
}

net::Request request_for(const AddState& add) {
  const auto& [key, state] = add;
  net::Request request(XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL);
  auto& info = request.header<xfrm_usersa_info>();
  info.family = AF_INET;
  info.id.daddr = address(key.target);
  info.id.spi = htobe32(key.spi);
  info.id.proto = IPPROTO_ESP;
  info.saddr = address(state.source);
  info.mode = XFRM_MODE_TRANSPORT;
  info.reqid = kRequestId;
  info.flags = state.has_esn ? XFRM_STATE_ESN : 0;
  never_expire(info.lft);
  put_cipher(request, key.spi, state);
  put_window(request, state);
  return request;
}

net::Request request_for(const DeleteState& gone) {
  net::Request request(XFRM_MSG_DELSA, 0);
  auto& id = request.header<xfrm_usersa_id>();
  id.family = AF_INET;
  id.daddr = address(gone.key.target);
  id.spi = htobe32(gone.key.spi);
  id.proto = IPPROTO_ESP;
  const xfrm_address_t from = address(gone.source);
  request.put_bytes(XFRMA_SRCADDR, &from, sizeof from);
  return request;
}

net::Request request_for(const PutPolicy& put) {
  net::Request request(XFRM_MSG_UPDPOLICY, 0);
  auto& info = request.header<xfrm_userpolicy_info>();
  info.sel = to_tunnel(put.key);
  info.dir = XFRM_POLICY_OUT;
  info.action = XFRM_POLICY_ALLOW;
  never_expire(info.lft);
  xfrm_user_tmpl way{};
  way.id.daddr = address(put.key.target);
  way.id.spi = htobe32(put.spi);
  way.id.proto = IPPROTO_ESP;
  way.family = AF_INET;
  way.saddr = address(put.key.source);
  way.reqid = kRequestId;
  way.mode = XFRM_MODE_TRANSPORT;
  way.aalgos = way.ealgos = way.calgos = UINT32_MAX;
  request.put_bytes(XFRMA_TMPL, &way, sizeof way);
  put_mark(request);
  return request;
}

net::Request request_for(const DeletePolicy& gone) {
  net::Request request(XFRM_MSG_DELPOLICY, 0);
  auto& id = request.header<xfrm_userpolicy_id>();
  id.sel = to_tunnel(gone.key);
  id.dir = XFRM_POLICY_OUT;
  put_mark(request);
  return request;
}

std::string name(const StateKey& key) {
  char spi[16];
  snprintf(spi, sizeof spi, "0x%08x", key.spi);
  return "the ESP state " + std::string(spi) + " to " + key.target.text();
}

}  // namespace

net::Request request_for(const Action& action) {
  return std::visit([](const auto& one) { return request_for(one); }, action);
}

std::string text(const Action& action) {
  if (auto* add = std::get_if<AddState>(&action)) return "add " + name(add->key);
  if (auto* gone = std::get_if<DeleteState>(&action)) return "delete " + name(gone->key);
  if (auto* put = std::get_if<PutPolicy>(&action)) return "set the ESP policy towards " + put->key.target.text();
  return "delete the ESP policy towards " + std::get<DeletePolicy>(action).key.target.text();
}

net::Request dump_states() { return net::Request(XFRM_MSG_GETSA, NLM_F_DUMP); }
net::Request dump_policies() { return net::Request(XFRM_MSG_GETPOLICY, NLM_F_DUMP); }

std::optional<SeenState> read_state(const nlmsghdr& message) {
  if (message.nlmsg_type != XFRM_MSG_NEWSA || mnl_nlmsg_get_payload_len(&message) < sizeof(xfrm_usersa_info)) return {};
  const auto* info = static_cast<const xfrm_usersa_info*>(mnl_nlmsg_get_payload(&message));
  if (info->reqid != kRequestId || info->family != AF_INET || info->id.proto != IPPROTO_ESP) return {};
  net::Attributes<XFRMA_MAX> attributes(message, sizeof(xfrm_usersa_info));
  const auto* cipher = payload<xfrm_algo_aead>(attributes[XFRMA_ALG_AEAD]);
  if (!cipher || mnl_attr_get_payload_len(attributes[XFRMA_ALG_AEAD]) < sizeof *cipher + kKeyBytes) return {};
  const auto* replay = payload<xfrm_replay_state_esn>(attributes[XFRMA_REPLAY_ESN_VAL]);
  const auto* key = reinterpret_cast<const uint8_t*>(cipher + 1);
  SeenState out;
  out.key = {ipv4(info->id.daddr), be32toh(info->id.spi)};
  out.state = {.source = ipv4(info->saddr),
               .key = esp::Key(std::span<const uint8_t, esp::Key::kBytes>(key, esp::Key::kBytes)),
               .icv_bytes = static_cast<uint8_t>(cipher->alg_icv_len / 8),
               .has_esn = (info->flags & XFRM_STATE_ESN) != 0,
               .has_window = replay && replay->replay_window == kWindowNumbers};
  out.packets = info->curlft.packets;
  out.bytes = info->curlft.bytes;
  out.replayed = info->stats.replay;
  out.failed = info->stats.integrity_failed;
  return out;
}

std::optional<SeenPolicy> read_policy(const nlmsghdr& message) {
  if (message.nlmsg_type != XFRM_MSG_NEWPOLICY || mnl_nlmsg_get_payload_len(&message) < sizeof(xfrm_userpolicy_info))
    return {};
  const auto* info = static_cast<const xfrm_userpolicy_info*>(mnl_nlmsg_get_payload(&message));
  net::Attributes<XFRMA_MAX> attributes(message, sizeof(xfrm_userpolicy_info));
  const auto* mark = payload<xfrm_mark>(attributes[XFRMA_MARK]);
  const auto* way = payload<xfrm_user_tmpl>(attributes[XFRMA_TMPL]);
  if (!mark || mark->v != plan::kEspMark || !way || way->reqid != kRequestId || info->dir != XFRM_POLICY_OUT) return {};
  return SeenPolicy{{ipv4(info->sel.saddr), ipv4(info->sel.daddr), be16toh(info->sel.dport)}, be32toh(way->id.spi)};
}

}  // namespace skein::kernel::xfrm
