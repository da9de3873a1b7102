#include "kernel/net/firewall/firewall.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <nftables/libnftables.h>

#include "base/log.h"

namespace skein::kernel::net {
namespace {

uint16_t netfilter_type(uint8_t message) { return static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message); }

nfgenmsg& netfilter_header(Request& request, uint8_t family) {
  nfgenmsg& header = request.header<nfgenmsg>();
  header.nfgen_family = family;
  header.version = NFNETLINK_V0;
  return header;
}

}  // namespace

void Firewall::FreeContext::operator()(nft_ctx* context) const { nft_ctx_free(context); }

Firewall::Firewall(std::unique_ptr<nft_ctx, FreeContext> context, Netlink netlink)
    : context_(std::move(context)), netlink_(std::move(netlink)) {}

Result<Firewall> Firewall::open() {
  SKEIN_TRY_ASSIGN(Netlink netlink, Netlink::open(NETLINK_NETFILTER));
  std::unique_ptr<nft_ctx, FreeContext> context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!context || nft_ctx_buffer_output(context.get()) != 0 || nft_ctx_buffer_error(context.get()) != 0)
    return make_error(Code::kInternal, "open nftables", "no context");
  return Firewall(std::move(context), std::move(netlink));
}

// Commands are all or nothing. Returns what nft prints.
Result<std::string> Firewall::run(const std::string& commands) {
  int status = nft_run_cmd_from_buffer(context_.get(), commands.c_str());
  std::string output = nft_ctx_get_output_buffer(context_.get());
  std::string complaint = nft_ctx_get_error_buffer(context_.get());
  if (status != 0)
    return make_error(Code::kInternal, "change the firewall's rules", complaint,
                      "is nftables in the kernel, with NAT and fib?");
  return output;
}

Result<uint32_t> Firewall::generation() {
  Request request(netfilter_type(NFT_MSG_GETGEN), 0);
  netfilter_header(request, AF_UNSPEC);
  uint32_t generation = 0;
  SKEIN_TRY(netlink_.query(request, "read the generation of the firewall's rules", [&](const nlmsghdr& message) {
    generation = be32toh(Attributes<NFTA_GEN_MAX>(message, sizeof(nfgenmsg)).u32(NFTA_GEN_ID));
  }));
  return generation;
}

// Empty when there is none.
Result<std::string> Firewall::marked_fingerprint() {
  Request request(netfilter_type(NFT_MSG_GETSET), NLM_F_DUMP);
  netfilter_header(request, NFPROTO_INET);
  request.put_text(NFTA_SET_TABLE, kTable);
  std::string found;
  auto read = netlink_.query(request, "read the firewall's fingerprint", [&](const nlmsghdr& message) {
    if (message.nlmsg_type != netfilter_type(NFT_MSG_NEWSET)) return;
    const std::string name = Attributes<NFTA_SET_MAX>(message, sizeof(nfgenmsg)).text(NFTA_SET_NAME);
    if (name.starts_with(kFingerprintSet)) found = name.substr(std::string_view(kFingerprintSet).size());
  });
  if (!read.ok() && read.error().code != Code::kNotFound) return read.error();
  return found;
}

Result<std::string> Firewall::fingerprint() {
  SKEIN_TRY_ASSIGN(uint32_t now, generation());  // first: a change after this is noticed the next time
  SKEIN_TRY_ASSIGN(std::string found, marked_fingerprint());
  if (is_doubtful_) return std::string();
  if (found.empty() || listing_.empty() || (now == checked_generation_ && !is_listing_due_)) return found;

  // Some table was changed since: was it ours?
  if (is_listing_due_ && now != checked_generation_) return std::string();
  SKEIN_TRY_ASSIGN(std::string listing, list());
  if (is_listing_due_) {
    SKEIN_TRY_ASSIGN(const uint32_t after, generation());
    if (after != now) return std::string();
    listing_ = std::move(listing);
    is_listing_due_ = false;
    return found;
  }
  if (listing != listing_) return std::string();
  checked_generation_ = now;
  return found;
}

// Empty when a table of ours is missing.
Result<std::string> Firewall::list() {
  SKEIN_TRY_ASSIGN(std::string listing, run("list table inet skein"));
  for (const auto& [is_ours, family] : {std::pair(has_mesh_, "ip"), std::pair(has_mesh6_, "ip6")}) {
    if (!is_ours) continue;
    Result<std::string> mesh = run(std::string("list table ") + family + " skein");
    if (!mesh.ok()) return std::string();
    listing += *mesh;
  }
  return listing;
}

Result<void> Firewall::try_rules(const plan::Intent& intent, const std::string& fingerprint, bool has_mesh6) {
  FirewallRules wanted = firewall_rules(intent, has_mesh6);
  wanted.fingerprint = fingerprint;
  const unsigned device = if_nametoindex(plan::kMeshDevice);
  SKEIN_TRY(run(commands_for(wanted)));
  made_ = std::move(wanted);
  made_device_ = device;
  has_mesh_ = intent.mesh.has_value();
  has_mesh6_ = has_mesh_ && has_mesh6;
  return {};
}

// Where only ports come or go, and nobody else has changed anything of ours. False: all has to be made anew.
Result<bool> Firewall::change(const plan::Intent& intent) {
  if (!made_ || is_doubtful_ || intent.mesh.has_value() != has_mesh_) return false;
  FirewallRules wanted = firewall_rules(intent, has_mesh6_);
  if (wanted.rules != made_->rules || if_nametoindex(plan::kMeshDevice) != made_device_) return false;
  SKEIN_TRY_ASSIGN(const uint32_t before, generation());
  if (before != checked_generation_) {
    SKEIN_TRY_ASSIGN(const std::string found, fingerprint());
    if (found != made_->fingerprint || before != checked_generation_) return false;
  }
  const std::string commands = commands_between(*made_, wanted);
  if (commands.empty()) return true;
  is_doubtful_ = true;
  if (!run(commands).ok()) return false;
  SKEIN_TRY_ASSIGN(const uint32_t after, generation());
  if (after != before + 1) return false;
  made_ = std::move(wanted);
  checked_generation_ = after;
  is_listing_due_ = true;
  is_doubtful_ = false;
  return true;
}

Result<void> Firewall::replace(const plan::Intent& intent) {
  SKEIN_TRY_ASSIGN(const bool is_changed, change(intent));
  if (is_changed) return {};
  made_.reset();
  listing_.clear();
  is_listing_due_ = false;
  is_doubtful_ = true;
  SKEIN_TRY_ASSIGN(const uint32_t before, generation());
  const std::string fingerprint = plan::firewall_fingerprint(intent);
  plan::Intent rest = intent;
  rest.mesh.reset();
  Result<void> replaced = try_rules(intent, fingerprint, true);
  for (bool has_mesh : {true, false}) {
    if (replaced.ok() || !intent.mesh) break;
    // What failed because others changed rules meanwhile is no sign of what this kernel can do.
    SKEIN_TRY_ASSIGN(const uint32_t now, generation());
    if (now != before) return replaced.error();
    log_warning(has_mesh ? "mesh-without-ipv6" : "mesh-without-entrance", {{"why", replaced.error().text()}});
    replaced = try_rules(has_mesh ? intent : rest, fingerprint, false);
  }
  SKEIN_TRY(std::move(replaced));
  return look_back(before);
}

// What is listed is what we have made only if nobody else has changed anything meanwhile: each change of anybody's
// counts one generation.
Result<void> Firewall::look_back(uint32_t before) {
  Result<std::string> listing = list();
  SKEIN_TRY_ASSIGN(const uint32_t after, generation());
  if (!listing.ok() || listing->empty() || after != before + 1)
    return make_error(Code::kUnavailable, "see the firewall's rules as they were made",
                      "others change rules at the same time");
  checked_generation_ = after;
  listing_ = std::move(*listing);
  is_doubtful_ = false;
  return {};
}

Result<void> Firewall::remove() {
  made_.reset();
  listing_.clear();
  is_listing_due_ = false;
  SKEIN_TRY(run(kNoTables));
  return {};
}

}  // namespace skein::kernel::net
