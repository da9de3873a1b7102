#include "api/metrics/families.h"

#include <prometheus/text_serializer.h>

#include <sstream>

#include "base/result.h"

namespace skein::api {

prometheus::ClientMetric& Families::add(std::string_view name, std::string_view help, prometheus::MetricType type,
                                        Labels labels) {
  if (families_.empty() || families_.back().name != name) {
    for (const auto& family : families_) SKEIN_ASSERT(family.name != name);
    families_.push_back({std::string(name), std::string(help), type, {}});
  }
  auto& metric = families_.back().metric.emplace_back();
  metric.label = std::move(labels);
  return metric;
}

void Families::counter(std::string_view name, std::string_view help, double value, Labels labels) {
  add(name, help, prometheus::MetricType::Counter, std::move(labels)).counter.value = value;
}

void Families::gauge(std::string_view name, std::string_view help, double value, Labels labels) {
  add(name, help, prometheus::MetricType::Gauge, std::move(labels)).gauge.value = value;
}

std::string Families::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families_);
  return std::move(out).str();
}

}  // namespace skein::api
