#include "manager/ca/caller_certificate.h"

#include <algorithm>

namespace skein::manager {
namespace {

Error denied(const std::string& why) { return make_error(Code::kPermissionDenied, "Permission denied: " + why); }

}  // namespace

Result<std::string> authorize(const rpc::Peer& peer, const store::api::Cluster& cluster,
                              std::initializer_list<ca::NodeRole> roles) {
  if (!peer.has_certificate) return denied("no client certificate was presented");
  bool has_role = std::any_of(roles.begin(), roles.end(),
                              [&](ca::NodeRole role) { return ca::ou_of(role) == peer.organizational_unit; });
  if (!has_role) {
    std::string wanted;
    for (ca::NodeRole role : roles) wanted += (wanted.empty() ? "" : " ") + std::string(ca::ou_of(role));
    return denied("remote certificate not part of OUs: [" + wanted + "]");
  }
  if (peer.organization != cluster.id()) return denied("remote certificate not part of organization: " + cluster.id());
  if (cluster.blacklisted_certificates().contains(peer.common_name))
    return denied("node " + peer.common_name + " was removed from swarm");
  return peer.common_name;
}

}  // namespace skein::manager
