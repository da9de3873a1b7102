// Metrics on their way to the text that Prometheus reads. Pure.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

namespace skein::api {

class Families {
 public:
  using Labels = std::vector<prometheus::ClientMetric::Label>;

  // The next value of the family `name`; all values of one family are added one after the other. A counter only grows
  // while the daemon runs.
  void counter(std::string_view name, std::string_view help, double value, Labels labels = {});
  void gauge(std::string_view name, std::string_view help, double value, Labels labels = {});

  // Text exposition format, version 0.0.4.
  std::string text() const;

 private:
  prometheus::ClientMetric& add(std::string_view name, std::string_view help, prometheus::MetricType type,
                                Labels labels);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace skein::api
