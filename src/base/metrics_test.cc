#include "base/metrics.h"

#include <gtest/gtest.h>

#include <set>

namespace skein {
namespace {

TEST(MetricsTest, each_has_a_name_of_its_own_in_its_list_a_unit_and_a_meaning) {
  auto check = [](const auto& metrics) {
    std::set<std::string_view> names;
    for (const Metric& metric : metrics) {
      EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
      EXPECT_FALSE(metric.unit.empty()) << metric.name;
      EXPECT_FALSE(metric.meaning.empty()) << metric.name;
    }
  };
  check(kGossipMetrics);
  check(kGossipSocketMetrics);
  check(kEspDropMetrics);
}

TEST(MetricsTest, counts_are_kept_apart) {
  Counts<GossipCount> counts;
  counts.add(GossipCount::kStreamsNotOpened);
  counts.add(GossipCount::kStreamsNotOpened);
  counts.add(GossipCount::kEarlySyncsDropped);
  EXPECT_EQ(counts.of(GossipCount::kStreamsNotOpened), 2u);
  EXPECT_EQ(counts.of(GossipCount::kEarlySyncsDropped), 1u);
  EXPECT_EQ(counts.of(GossipCount::kPacketsDroppedKey), 0u);
}

}  // namespace
}  // namespace skein
