// Restart delays and the order of tasks are told by stamps: a wall clock that somebody sets must not stop a service.
#include "base/time/steady_wall.h"

#include <gtest/gtest.h>

namespace skein {
namespace {

using namespace std::chrono_literals;

struct SetClock final : Clock {
  TimePoint mono{5};
  WallTime real{1'800'000'000'000'000'000};
  TimePoint now() const override { return mono; }
  WallTime wall() const override { return real; }
  void pass(Duration time) { mono = mono + time, real = real + time; }
};

struct SteadyWallTest : testing::Test {
  SetClock clock;
  SteadyWall wall{clock};
};

TEST_F(SteadyWallTest, is_the_clocks_as_long_as_nobody_sets_it) {
  for (int i = 0; i < 100; ++i, clock.pass(7ms)) EXPECT_EQ(wall.now(), clock.real);
}

TEST_F(SteadyWallTest, follows_at_once_when_it_is_set_forward) {
  wall.now();
  clock.real = clock.real + 24h;
  EXPECT_EQ(wall.now(), clock.real);
}

TEST_F(SteadyWallTest, passes_on_and_is_caught_up_with_when_it_is_set_back) {
  const WallTime before = wall.now();
  clock.real = clock.real - 1h;
  EXPECT_EQ(wall.now(), before);
  clock.pass(10s);
  EXPECT_EQ(wall.now(), before + 9s);
  clock.pass(10h);
  EXPECT_EQ(wall.now(), clock.real);
}

TEST_F(SteadyWallTest, goes_on_from_what_was_said_before) {
  wall.go_on_from(clock.real + 1h);
  wall.go_on_from(clock.real - 1h);
  EXPECT_EQ(wall.now(), clock.real + 1h);
}

}  // namespace
}  // namespace skein
