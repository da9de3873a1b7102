// Whatever a container's life has come to, the steps lead to where it is wanted, in few steps, and by no way that
// leaves a name, an address or a file to nobody.
#include "containers/life/life_step.h"

#include <gtest/gtest.h>

#include <vector>

namespace skein::containers {
namespace {

using engine::Life;
using Body = std::optional<Life>;

// Every sight there can be.
std::vector<LifeSight> all_sights() {
  std::vector<LifeSight> out;
  for (Wanted wanted : {Wanted::kGone, Wanted::kThere, Wanted::kRunning})
    for (Body body : {Body(), Body(Life::kNew), Body(Life::kRunning), Body(Life::kEnding), Body(Life::kEnded)})
      for (int bits = 0; bits < 16; ++bits) {
        LifeSight sight{wanted, body, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
        // Without a network of its own it has neither house nor endpoints; a body that needs a house has one.
        if (!sight.needs_house && (sight.is_housed || sight.is_attached)) continue;
        if (sight.needs_house && sight.body && !sight.is_housed) continue;
        out.push_back(sight);
      }
  return out;
}

// As the steps do where nothing fails.
LifeSight after(LifeSight sight, LifeStep step) {
  switch (step) {
    case LifeStep::kNothing: break;
    case LifeStep::kBuild: sight.is_housed = true; break;
    case LifeStep::kCreate: sight.body = Life::kNew; break;
    case LifeStep::kAttach: sight.is_attached = true; break;
    case LifeStep::kStart: sight.body = Life::kRunning; break;
    case LifeStep::kDetach: sight.is_attached = false; break;
    case LifeStep::kRemove: sight.body.reset(); break;
    case LifeStep::kRaze: sight.is_housed = sight.is_attached = false; break;
  }
  return sight;
}

// What must hold at every moment, but for the start that is about to come.
void expect_order(const LifeSight& sight, LifeStep step) {
  const std::string where = std::string("before ") + step_name(step);
  EXPECT_TRUE(step != LifeStep::kCreate || (sight.is_housed || !sight.needs_house)) << where;
  EXPECT_TRUE(step != LifeStep::kStart || (sight.is_attached || !sight.needs_house)) << where;
  EXPECT_TRUE(step != LifeStep::kAttach || (sight.body.has_value())) << where;
  EXPECT_FALSE(step == LifeStep::kRaze && sight.body.has_value()) << where;
  EXPECT_FALSE(step == LifeStep::kDetach && sight.body == Body(Life::kRunning)) << where;
}

TEST(LifeStep, leads_from_anywhere_to_what_is_wanted) {
  for (const LifeSight& begin : all_sights()) {
    LifeSight sight = begin;
    int steps = 0;
    for (LifeStep step; (step = next_step(sight)) != LifeStep::kNothing; sight = after(sight, step)) {
      expect_order(sight, step);
      ASSERT_LT(++steps, 6) << step_name(step) << " again and again";
    }
    const bool runs = sight.body == Body(Life::kRunning);
    switch (sight.wanted) {
      case Wanted::kGone: EXPECT_TRUE(!sight.body && !sight.is_housed && !sight.is_attached); break;
      case Wanted::kThere:
        EXPECT_TRUE(sight.body.has_value());
        EXPECT_EQ(runs, begin.body == Body(Life::kRunning)) << "nobody starts or ends it";
        break;
      case Wanted::kRunning: EXPECT_TRUE(runs); break;
    }
    if (!sight.needs_house || !sight.body) continue;
    EXPECT_TRUE(sight.is_housed);
    EXPECT_TRUE(sight.comes_back || sight.is_attached == runs) << "who runs has an address, and nobody else";
  }
}

// A step that fails leaves what was before it, or less; the way back from there ends in agreement, too.
TEST(LifeStep, retreats_to_what_can_stand) {
  for (const LifeSight& begin : all_sights())
    for (LifeSight sight = begin; next_step(sight) != LifeStep::kNothing; sight = after(sight, next_step(sight))) {
      LifeSight back = sight;
      back.wanted = retreat(sight);
      int steps = 0;
      for (LifeStep step; (step = next_step(back)) != LifeStep::kNothing; back = after(back, step)) {
        expect_order(back, step);
        EXPECT_NE(step, LifeStep::kStart);
        EXPECT_NE(step, LifeStep::kCreate);
        ASSERT_LT(++steps, 4);
      }
      EXPECT_EQ(back.body.has_value(), sight.body.has_value()) << "no body is lost on the way back";
      EXPECT_TRUE(back.body || !(back.is_housed || back.is_attached));
    }
}

TEST(LifeStep, endpoints_wait_for_what_the_engine_is_about_to_start_again) {
  LifeSight sight{Wanted::kThere, Life::kEnded, true, true, true, true};
  EXPECT_EQ(next_step(sight), LifeStep::kNothing);
  sight.comes_back = false;
  EXPECT_EQ(next_step(sight), LifeStep::kDetach);
}

// By the engine's restart policy, while its endpoints had been given up.
TEST(LifeStep, what_was_started_behind_our_back_gets_its_endpoints) {
  EXPECT_EQ(next_step({Wanted::kThere, Life::kRunning, true, true, false, false}), LifeStep::kAttach);
}

}  // namespace
}  // namespace skein::containers
