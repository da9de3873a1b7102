#include "kernel/xfrm/xfrm.h"

#include <linux/xfrm.h>
#include <sys/socket.h>

#include <cstring>
#include <fstream>

namespace skein::kernel::xfrm {

namespace {

// Of TEST-NET-1 (RFC 5737): such packets never come.
constexpr Ipv4 kNobody{0xc0000201}, kNobodyElse{0xc0000202};
constexpr uint32_t kProbeSpi = 0x534b4549;

}  // namespace

Result<Xfrm> Xfrm::open() {
  auto netlink = net::Netlink::open(NETLINK_XFRM);
  if (!netlink.ok())
    return make_error(Code::kUnimplemented, "encrypt by the kernel",
                      "the kernel has no XFRM: " + netlink.error().text());
  sockaddr_nl own{};
  socklen_t size = sizeof own;
  if (getsockname(netlink->fd(), reinterpret_cast<sockaddr*>(&own), &size) != 0)
    return make_error(Code::kInternal, "encrypt by the kernel", "the socket has no number");
  return Xfrm(std::move(*netlink), own.nl_pid);
}

Result<void> Xfrm::probe() {
  const AddState add{{kNobody, kProbeSpi}, {.source = kNobodyElse, .has_esn = true, .has_window = true}};
  const DeleteState remove{add.key, add.state.source};
  SKEIN_TRY(carry_out(remove));  // of a probe that did not end
  Result<void> added = carry_out(add);
  if (!added.ok())
    return make_error(Code::kUnimplemented, "encrypt by the kernel", added.error().text(),
                      "load the kernel modules esp4 and gcm");
  return carry_out(remove);
}

// What is gone already is deleted.
Result<void> Xfrm::carry_out(const Action& action) {
  auto request = request_for(action);
  request.message()->nlmsg_pid = port_id_;  // who is told as the one who did it
  Result<void> done = netlink_.execute(request, text(action));
  explicit_bzero(request.message(), request.message()->nlmsg_len);
  const bool is_deletion = std::holds_alternative<DeleteState>(action) || std::holds_alternative<DeletePolicy>(action);
  return is_deletion && !done.ok() && done.error().code == Code::kNotFound ? Result<void>() : done;
}

Result<std::vector<SeenState>> Xfrm::states() {
  std::vector<SeenState> out;
  auto request = dump_states();
  SKEIN_TRY(netlink_.query(request, "list ESP states", [&](const nlmsghdr& message) {
    if (auto seen = read_state(message)) out.push_back(std::move(*seen));
  }));
  return out;
}

Result<Holdings> Xfrm::observe() {
  Holdings out;
  SKEIN_TRY_ASSIGN(auto seen, states());
  for (const auto& one : seen) out.states.emplace(one.key, one.state);
  auto request = dump_policies();
  SKEIN_TRY(netlink_.query(request, "list ESP policies", [&](const nlmsghdr& message) {
    if (auto policy = read_policy(message)) out.policies[policy->key] = policy->spi;
  }));
  return out;
}

Result<bool> Xfrm::approach(Holdings& held, const Holdings& wanted, size_t most) {
  const std::vector<Action> todo = actions(held, wanted);
  for (size_t i = 0; i < todo.size() && i < most; ++i) {
    SKEIN_TRY(carry_out(todo[i]));
    take(held, todo[i]);
  }
  return todo.size() <= most;
}

Result<void> Xfrm::clear() {
  SKEIN_TRY_ASSIGN(Holdings held, observe());
  for (const auto& [key, spi] : held.policies) SKEIN_TRY(carry_out(DeletePolicy{key}));
  for (const auto& [key, state] : held.states) SKEIN_TRY(carry_out(DeleteState{key, state.source}));
  return {};
}

Result<std::map<std::string, uint64_t>> read_drops() {
  static const std::map<std::string, std::string> kNames{
      {"XfrmInNoStates", "unknown_spi"},        {"XfrmInStateSeqError", "replayed"},
      {"XfrmInStateProtoError", "bad_icv"},     {"XfrmInHdrError", "truncated"},
      {"XfrmOutNoStates", "no_outbound_key"},   {"XfrmOutStateSeqError", "sequence_exhausted"},
      {"XfrmOutStateProtoError", "send_failed"}};
  std::ifstream file("/proc/thread-self/net/xfrm_stat");
  if (!file) return make_error(Code::kUnimplemented, "read what XFRM has dropped", "the kernel does not count it");
  std::map<std::string, uint64_t> out;
  std::string kind;
  uint64_t count = 0;
  while (file >> kind >> count) {
    if (count == 0) continue;
    auto known = kNames.find(kind);
    out[known == kNames.end() ? kind : known->second] += count;
  }
  return out;
}

}  // namespace skein::kernel::xfrm
