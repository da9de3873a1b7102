#include "containers/health/health_check.h"

#include "engine/values/json_fields.h"

namespace skein::containers {

namespace api = model::api;
using nlohmann::json;

namespace {

constexpr Duration kShortest = std::chrono::milliseconds(1);  // Docker's lower bound

std::vector<std::string> command_of(const std::vector<std::string>& test) {
  if (test.size() < 2) return {};
  if (test[0] == "CMD") return {test.begin() + 1, test.end()};
  if (test[0] == "CMD-SHELL") return {"/bin/sh", "-c", test[1]};
  return {};
}

void choose(Duration& value, Duration own, const json& image, const char* name) {
  const json& other = engine::at(image, name);
  if (own > Duration(0))
    value = own;
  else if (other.is_number_integer() && other.get<int64_t>() > 0)
    value = Duration(other.get<int64_t>());
}

}  // namespace

HealthCheck health_check(const api::HealthConfig& own, const json& image) {
  HealthCheck out;
  std::vector<std::string> test(own.test().begin(), own.test().end());
  out.command = command_of(test.empty() ? engine::texts_of(image, "Test") : test);
  choose(out.interval, model::from_wire(own.interval()), image, "Interval");
  choose(out.timeout, model::from_wire(own.timeout()), image, "Timeout");
  choose(out.start_period, model::from_wire(own.start_period()), image, "StartPeriod");
  choose(out.start_interval, model::from_wire(own.start_interval()), image, "StartInterval");
  const json& retries = engine::at(image, "Retries");
  if (own.retries() > 0)
    out.retries = own.retries();
  else if (retries.is_number_integer() && retries.get<int64_t>() > 0)
    out.retries = static_cast<int>(std::min<int64_t>(retries.get<int64_t>(), INT32_MAX));
  out.interval = std::max(out.interval, kShortest);
  out.start_interval = std::max(out.start_interval, kShortest);
  out.timeout = std::max(out.timeout, kShortest);
  return out;
}

const char* health_name(Health health) {
  switch (health) {
    case Health::kUnchecked: return "none";
    case Health::kStarting: return "starting";
    case Health::kHealthy: return "healthy";
    case Health::kUnhealthy: return "unhealthy";
  }
  return "none";
}

Duration HealthRecord::pause(const HealthCheck& check, Duration age) const {
  return health_ == Health::kStarting && age < check.start_period ? check.start_interval : check.interval;
}

void HealthRecord::add(const HealthCheck& check, CheckResult result, Duration age) {
  const bool is_success = result.exit_code == 0;
  log_.push_back(std::move(result));
  if (log_.size() > kLogMax) log_.pop_front();
  if (is_success) {
    health_ = Health::kHealthy;
    failures_ = 0;
    return;
  }
  if (health_ == Health::kStarting && age < check.start_period) return;
  if (++failures_ >= check.retries) health_ = Health::kUnhealthy;
}

}  // namespace skein::containers
