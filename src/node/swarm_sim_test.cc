// Random operations and faults on a whole swarm of daemons in virtual time; what must hold is said by SimJudge.
// SKEIN_SIM_SEED repeats one run; SKEIN_SIM_SEEDS: how many are tried.
#include <gtest/gtest.h>

#include "base/log.h"
#include "gossip/sim_network.h"
#include "node/sim_chaos_for_test.h"

namespace skein::node {
namespace {

class SwarmSim : public testing::Test {
 protected:
  SwarmSim() { set_log_level(std::getenv("SKEIN_SIM_LOG") ? LogLevel::kInfo : LogLevel::kError); }
  ~SwarmSim() override { set_log_level(LogLevel::kInfo); }

  static void run(SimChaos& chaos, int rounds, int operations) {
    for (int round = 0; round < rounds && chaos.is_right(); ++round) {
      chaos.run(operations);
      chaos.settle();
    }
  }
};

TEST_F(SwarmSim, hosts_agree_with_the_store_whenever_it_is_quiet) {
  const char* count = std::getenv("SKEIN_SIM_SEEDS");
  for (uint64_t seed : gossip::seeds(1, count ? std::strtoul(count, nullptr, 10) : 5)) {
    std::printf("SKEIN_SIM_SEED=%llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);  // before whatever goes wrong
    SimChaos chaos(seed);
    run(chaos, 3, 15);
    ASSERT_TRUE(chaos.is_right()) << "SKEIN_SIM_SEED=" << seed << " repeats it. What happened:" << chaos.said();
  }
}

TEST_F(SwarmSim, a_seed_replays_exactly) {
  std::vector<std::string> first;
  for (int time = 0; time < 2; ++time) {
    SimChaos chaos(77);
    run(chaos, 1, 15);
    if (time == 0)
      first = chaos.log();
    else
      EXPECT_EQ(chaos.log(), first);
  }
}

}  // namespace
}  // namespace skein::node
