// Our nftables tables: `inet skein` has the way out (NAT), published ports, and the walls between networks; `ip skein`
// and `ip6 skein` the entrance to the routing mesh.
//
// They are replaced as a whole in one transaction, so that no packet sees half of them, and connections that are
// tracked stay so. Where only ports come or go, only elements of sets do. Other tables are neither read nor touched; a
// packet passes only if they let it pass too. In the first an empty set has the fingerprint of all in its name, by
// which a later process recognizes them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "kernel/net/links/netlink.h"
#include "kernel/net/mesh/mesh_rules.h"
#include "plan/diff.h"

struct nft_ctx;

namespace skein::kernel::net {

inline constexpr const char* kTable = "skein";  // of each family

inline constexpr const char* kFingerprintSet = "fingerprint_";

struct FirewallRules {
  std::string rules;  // without what follows the published ports
  Elements elements;
  std::string fingerprint;
};

// The rules for an intent, as nft reads them; pure. What they do:
//  * containers of networks with a way out leave under the host's address (masquerade);
//  * published ports lead to containers, from outside, from containers and from the host itself, localhost included.
//    Connections of the host and of containers come from the network's gateway address, so that answers return here;
//  * nothing else enters a link: not from other networks, not from outside, not from the host (which gets an error);
//  * containers of internal networks reach neither the host nor anything behind it;
//  * what comes in for published ports of services goes to the routing mesh, behind all rules for the host.
// `has_mesh6`: clients come in by IPv6 as well.
FirewallRules firewall_rules(const plan::Intent& intent, bool has_mesh6);

// In the place of whatever is there.
std::string commands_for(const FirewallRules& wanted);
// From one to the other, of the same rules.
std::string commands_between(const FirewallRules& held, const FirewallRules& wanted);

// Ends all tables of ours. Each is declared first, so that there is something to delete.
inline constexpr const char* kNoTables =
    "table inet skein\ndelete table inet skein\ntable ip skein\ndelete table ip skein\n"
    "table ip6 skein\ndelete table ip6 skein\n";

class Firewall {
 public:
  // Works on the network namespace that the caller is in.
  static Result<Firewall> open();

  // Fingerprint of the rules in force; empty when the table is missing, or was altered since this object replaced it.
  Result<std::string> fingerprint();

  // kUnavailable when others changed rules at the same moment: ours may be in force, but that is not certain. Where the
  // kernel cannot hand packets over to the routing mesh (nft's `dup`), all the rest is in force, and a
  // warning says so.
  Result<void> replace(const plan::Intent& intent);

  // For uninstalling. Succeeds when there is no table.
  Result<void> remove();

 private:
  struct FreeContext {
    void operator()(nft_ctx* context) const;
  };
  Firewall(std::unique_ptr<nft_ctx, FreeContext> context, Netlink netlink);
  Result<std::string> run(const std::string& commands);
  Result<uint32_t> generation();
  Result<std::string> marked_fingerprint();
  Result<bool> change(const plan::Intent& intent);
  Result<void> try_rules(const plan::Intent& intent, const std::string& fingerprint, bool has_mesh6);
  Result<std::string> list();
  Result<void> look_back(uint32_t before);

  std::unique_ptr<nft_ctx, FreeContext> context_;
  Netlink netlink_;
  bool has_mesh_ = false, has_mesh6_ = false;  // we made the tables of the ip and the ip6 family
  uint32_t checked_generation_ = 0;            // of the kernel's rules, when our table was last seen as we had made it
  std::optional<FirewallRules> made_;          // by us, with that device of the mesh
  unsigned made_device_ = 0;
  std::string listing_;          // our tables as nft lists them, right after we made them; empty: not made by us
  bool is_listing_due_ = false;  // we have changed elements since
  bool is_doubtful_ = false;     // what we made last may have been changed before we saw it
};

}  // namespace skein::kernel::net
