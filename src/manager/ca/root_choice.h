// What a user's CA settings make of the swarm's root: nothing, the start of a rotation, another goal for one that is
// under way, or its end. Pure.
#pragma once

#include "base/random.h"
#include "base/result.h"
#include "base/time/clock.h"
#include "model/objects.h"

namespace skein::manager {

// `wanted` carries force_rotate (a number that differs from the last one asks for a new root) or a root with its key.
// Errors are Docker's. The next root is always signed by the present one, whatever a rotation under way wants, because
// that is the root which every node trusts.
Result<model::api::RootCA> choose_root(const model::api::RootCA& current, const model::api::CAConfig& wanted,
                                       WallTime now, Random& random);

// The end of a rotation: the next root is the root, and join tokens lead to it.
Result<model::api::RootCA> finish_rotation(const model::api::RootCA& current, Random& random);

// "sha256:…" of a root bundle, as objects and people show it.
std::string root_digest(const std::string& bundle_pem);

}  // namespace skein::manager
