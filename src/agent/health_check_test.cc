// A service must not lose tasks to a check that fails once, nor keep one that fails for good.
#include "agent/health_check.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace skein::agent {
namespace {

namespace api = model::api;
using nlohmann::json;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;

TEST(HealthCheck, the_service_overrules_its_image_field_by_field) {
  json image{{"Test", {"CMD-SHELL", "curl localhost"}}, {"Interval", 5'000'000'000}, {"Retries", 7}};
  api::HealthConfig own;
  auto check = health_check(own, image);
  EXPECT_EQ(check.command, (Words{"/bin/sh", "-c", "curl localhost"}));
  EXPECT_EQ(check.interval, 5s);
  EXPECT_EQ(check.timeout, 30s);
  EXPECT_EQ(check.retries, 7);

  own.add_test("CMD");
  own.add_test("/check");
  own.add_test("-v");
  own.set_retries(1);
  *own.mutable_timeout() = model::to_wire(2s);
  check = health_check(own, image);
  EXPECT_EQ(check.command, (Words{"/check", "-v"}));
  EXPECT_EQ(check.interval, 5s);
  EXPECT_EQ(check.timeout, 2s);
  EXPECT_EQ(check.retries, 1);
}

TEST(HealthCheck, none_switches_that_of_the_image_off) {
  api::HealthConfig own;
  own.add_test("NONE");
  EXPECT_TRUE(health_check(own, json{{"Test", {"CMD", "true"}}}).command.empty());
  EXPECT_TRUE(health_check({}, json()).command.empty());
  EXPECT_TRUE(health_check({}, json{{"Test", "CMD"}, {"Interval", "soon"}, {"Retries", nullptr}}).command.empty());
}

HealthCheck three_tries(Duration start_period) {
  HealthCheck check;
  check.start_period = start_period;
  return check;
}

TEST(HealthRecord, only_failures_in_a_row_count) {
  HealthCheck check = three_tries(0s);
  HealthRecord record(Health::kStarting);
  for (bool is_success : {false, false, true, false, false}) record.add(check, is_success, 1s);
  EXPECT_EQ(record.health(), Health::kHealthy);
  record.add(check, false, 1s);
  EXPECT_EQ(record.health(), Health::kUnhealthy);
}

TEST(HealthRecord, failures_while_it_starts_do_not_count) {
  HealthCheck check = three_tries(10s);
  HealthRecord record(Health::kStarting);
  for (int i = 0; i < 9; ++i) record.add(check, false, 9s);
  EXPECT_EQ(record.health(), Health::kStarting);
  for (int i = 0; i < 3; ++i) record.add(check, false, 10s);
  EXPECT_EQ(record.health(), Health::kUnhealthy);
}

// Once it was up, the start period is over.
TEST(HealthRecord, failures_after_the_first_success_count_at_once) {
  HealthCheck check = three_tries(10s);
  HealthRecord record(Health::kStarting);
  record.add(check, true, 1s);
  for (int i = 0; i < 3; ++i) record.add(check, false, 2s);
  EXPECT_EQ(record.health(), Health::kUnhealthy);
}

}  // namespace
}  // namespace skein::agent
