// Who may have a certificate: a node that has one, or a newcomer with a join token of this swarm.
#pragma once

#include <string>

#include "ca/node_certificate.h"
#include "io/rpc/peer.h"
#include "store/tables.h"
#include "wire/proto/ca.pb.h"

namespace skein::manager {

struct Applicant {
  std::string node_id;  // empty for a newcomer
  bool is_new = false;
  ca::NodeRole role = ca::NodeRole::WORKER;
};

// What a caller is told while there is no swarm (yet) on this manager; kAborted.
Error ca_not_ready();

// Errors are in Docker's words; secrets are compared in constant time.
Result<Applicant> identify_applicant(const store::Tables& view, const rpc::Peer& peer,
                                     const store::api::IssueNodeCertificateRequest& request);

}  // namespace skein::manager
