// Random operations and faults on a whole swarm of daemons in virtual time; what must hold is said by SimJudge.
// SKEIN_SIM_SEED repeats one run; SKEIN_SIM_SEEDS: how many are tried; SKEIN_SIM_NEW: the first of some more.
#include <gtest/gtest.h>

#include "base/log.h"
#include "gossip/sim_network.h"
#include "node/sim/sim_chaos_for_test.h"

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

uint64_t number_in(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::vector<uint64_t> seeds() {
  constexpr size_t kNew = 3;
  auto out = gossip::seeds(1, number_in("SKEIN_SIM_SEEDS", 12));
  if (const uint64_t first = number_in("SKEIN_SIM_NEW", 0); first != 0 && !std::getenv("SKEIN_SIM_SEED"))
    for (uint64_t seed : gossip::seeds(first, kNew)) out.push_back(seed);
  return out;
}

TEST_F(SwarmSim, hosts_agree_with_the_store_whenever_it_is_quiet) {
  for (uint64_t seed : seeds()) {
    std::printf("SKEIN_SIM_SEED=%llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);  // before whatever goes wrong
    SimChaos chaos(seed);
    run(chaos, 3, 20);
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
