// An identity as a manager gives it, signed by a root of its own. For tests only.
#pragma once

#include "agent/session/join.h"
#include "ca/csr.h"
#include "ca/private_key.h"
#include "ca/root_ca.h"

namespace skein::agent {

inline Identity make_identity(ca::NodeRole role, WallTime now, Random& random) {
  const ca::RootCa root = *ca::RootCa::create(now, random);
  Identity out;
  out.root_pem = root.bundle_pem();
  out.key_pem = ca::make_key(random);
  out.certificate_pem = *root.issue({*ca::make_csr(out.key_pem), "node1", role, "cluster1", {}, {}}, now, random);
  return out;
}

}  // namespace skein::agent
