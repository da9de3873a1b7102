#include "manager/ca/join_token_check.h"

#include "manager/ca/caller_certificate.h"
#include "wire/join_token.h"

namespace skein::manager {

namespace api = store::api;

Error ca_not_ready() { return make_error(Code::kAborted, "CA signer is still starting"); }

Result<Applicant> identify_applicant(const store::Tables& view, const rpc::Peer& peer,
                                     const api::IssueNodeCertificateRequest& request) {
  auto cluster = view.cluster();
  if (!cluster) return ca_not_ready();
  if (auto node_id = authorize(peer, *cluster, {ca::NodeRole::WORKER, ca::NodeRole::MANAGER}); node_id.ok()) {
    auto node = view.get<api::Node>(*node_id);
    if (!node)
      return make_error(Code::kNotFound, "node " + *node_id + " not found when attempting to renew certificate");
    return Applicant{*node_id, false, node->role()};
  } else if (peer.has_certificate) {
    return node_id.error();
  }
  const auto& tokens = cluster->root_ca().join_tokens();
  if (wire::is_same_secret(request.token(), tokens.worker())) return Applicant{"", true, ca::NodeRole::WORKER};
  if (wire::is_same_secret(request.token(), tokens.manager()))
    return make_error(Code::kFailedPrecondition, "this swarm has one manager and takes no further ones yet", "",
                      "join this host with the worker token (swarm join-token worker)");
  return make_error(Code::kInvalidArgument, "A valid join token is necessary to join this cluster");
}

}  // namespace skein::manager
