// A container that comes back under its own id, as after a reboot, asks for an address while its host's new daemon
// learns of the one that it had.
#include <gtest/gtest.h>

#include "base/log.h"
#include "node/sim/sim_swarm_for_test.h"

namespace skein::node {
namespace {

// The disk is full when the node leaves, so that the next daemon finds the endpoint that it had.
TEST(LeftAttachments, an_endpoint_that_the_manager_does_not_know_is_dropped) {
  SimSwarm swarm(4, 2);
  swarm.keep_probes();
  ASSERT_TRUE(swarm.loop().run_until_true(30s, [&] { return swarm.has_probe(1); }));
  swarm.kill_daemon(1);
  swarm.host(1).fail_files(~uint64_t{0});
  swarm.start(1);
  ASSERT_TRUE(swarm.loop().run_until_true(30s, [&] { return swarm.host(1).node() && swarm.host(1).node()->agent(); }));
  ASSERT_TRUE(swarm.leave(1).ok());
  swarm.kill_daemon(1);
  swarm.host(1).fail_files(0);
  swarm.start(1);
  ASSERT_TRUE(swarm.loop().run_until_true(30s, [&] { return swarm.host(1).node() != nullptr; }));
  const auto endpoints = [&] { return swarm.host(1).node()->networks().status(SimSwarm::probe_of(1)); };
  ASSERT_FALSE(endpoints().empty());
  ASSERT_TRUE(swarm.join(1).ok());
  EXPECT_TRUE(swarm.loop().run_until_true(30s, [&] { return endpoints().empty(); }));
}

}  // namespace
}  // namespace skein::node
