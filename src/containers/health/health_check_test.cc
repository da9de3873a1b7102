// A service must not lose tasks to a check that fails once, nor keep one that fails for good.
#include "containers/health/health_check.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace skein::containers {
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

CheckResult result(bool is_success) { return {{}, {}, is_success ? 0 : 1, ""}; }

HealthCheck three_tries(Duration start_period) {
  HealthCheck check;
  check.start_period = start_period;
  return check;
}

TEST(HealthRecord, only_failures_in_a_row_count) {
  HealthCheck check = three_tries(0s);
  HealthRecord record(Health::kStarting);
  for (bool is_success : {false, false, true, false, false}) record.add(check, result(is_success), 1s);
  EXPECT_EQ(record.health(), Health::kHealthy);
  record.add(check, result(false), 1s);
  EXPECT_EQ(record.health(), Health::kUnhealthy);
}

TEST(HealthRecord, failures_while_it_starts_do_not_count) {
  HealthCheck check = three_tries(10s);
  HealthRecord record(Health::kStarting);
  for (int i = 0; i < 9; ++i) record.add(check, result(false), 9s);
  EXPECT_EQ(record.health(), Health::kStarting);
  for (int i = 0; i < 3; ++i) record.add(check, result(false), 10s);
  EXPECT_EQ(record.health(), Health::kUnhealthy);
}

TEST(HealthRecord, while_failures_do_not_count_checks_come_faster) {
  HealthCheck check = three_tries(10s);
  HealthRecord record(Health::kStarting);
  EXPECT_EQ(record.pause(check, 9s), 5s);
  EXPECT_EQ(record.pause(check, 10s), 30s);
  record.add(check, result(true), 1s);
  EXPECT_EQ(record.pause(check, 2s), 30s);
  EXPECT_EQ(HealthRecord(Health::kStarting).pause(three_tries(0s), 0s), 30s);
}

TEST(HealthRecord, the_last_results_can_be_read) {
  HealthRecord record(Health::kStarting);
  for (int i = 0; i < 7; ++i) record.add(three_tries(0s), {{}, {}, i, std::to_string(i)}, 1s);
  ASSERT_EQ(record.log().size(), 5u);
  EXPECT_EQ(record.log().front().output, "2");
  EXPECT_EQ(record.log().back().exit_code, 6);
  EXPECT_EQ(record.failing_streak(), 6);
}

// Once it was up, the start period is over.
TEST(HealthRecord, failures_after_the_first_success_count_at_once) {
  HealthCheck check = three_tries(10s);
  HealthRecord record(Health::kStarting);
  record.add(check, result(true), 1s);
  for (int i = 0; i < 3; ++i) record.add(check, result(false), 2s);
  EXPECT_EQ(record.health(), Health::kUnhealthy);
}

}  // namespace
}  // namespace skein::containers
