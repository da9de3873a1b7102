// A label of ours that would do nothing is named, instead of leaving its user to wonder.
#include "manager/services/skein_labels.h"

#include <gtest/gtest.h>

namespace skein::manager {
namespace {

std::string of_service(const std::string& name, const std::string& value) {
  model::api::ServiceSpec spec;
  (*spec.mutable_annotations()->mutable_labels())[name] = value;
  auto checked = check_skein_labels(spec);
  return checked.ok() ? "" : checked.error().text();
}

std::string of_container(const std::string& name, const std::string& value) {
  model::api::ServiceSpec spec;
  (*spec.mutable_task()->mutable_container()->mutable_labels())[name] = value;
  auto checked = check_skein_labels(spec);
  return checked.ok() ? "" : checked.error().text();
}

TEST(SkeinLabels, what_means_something_is_taken) {
  for (const char* balance : {"round-robin", "least-connections", "source-hash", "local-first"})
    EXPECT_EQ(of_service("skein.balance", balance), "");
  EXPECT_EQ(of_service("skein.drain-timeout", "1m"), "");
  for (const char* weight : {"1", "100"}) EXPECT_EQ(of_container("skein.weight", weight), "");
  EXPECT_EQ(of_container("skein.readiness", "test -e /ready"), "");
}

TEST(SkeinLabels, a_published_port_is_restricted_if_it_is_one) {
  model::api::ServiceSpec spec;
  auto& labels = *spec.mutable_annotations()->mutable_labels();
  labels["skein.publish.8080.source"] = "10.0.0.0/8";
  EXPECT_EQ(
      check_skein_labels(spec).error().text(),
      "label skein.publish.8080.source is of a port that the service does not publish; publish it in ingress mode "
      "by its number, or remove the label");
  auto& port = *spec.mutable_endpoint()->add_ports();
  port.set_target_port(80), port.set_published_port(8080);
  EXPECT_TRUE(check_skein_labels(spec).ok());
  labels["skein.publish.8080/udp.source"] = "10.0.0.0/8";
  EXPECT_FALSE(check_skein_labels(spec).ok()) << "it is TCP";
  port.set_protocol(model::api::PortConfig::UDP);
  EXPECT_TRUE(check_skein_labels(spec).ok());
  port.set_publish_mode(model::api::PortConfig::HOST);
  EXPECT_FALSE(check_skein_labels(spec).ok());
  EXPECT_EQ(of_service("skein.publish.8080.source", "x"),
            "label skein.publish.8080.source=x: invalid address or prefix x; it must be like 10.0.0.5, 10.0.0.0/8 or "
            "fd00::/8");
}

TEST(SkeinLabels, what_means_nothing_is_refused) {
  EXPECT_EQ(
      of_service("skein.balance", "random"),
      "invalid label skein.balance=random; it must be round-robin, least-connections, source-hash or local-first");
  for (const char* weight : {"0", "101", "-1", "1.5", "", "1 "}) EXPECT_NE(of_container("skein.weight", weight), "");
  EXPECT_EQ(of_service("skein.balanc", "random"),
            "unknown label skein.balanc; a service can have skein.balance, skein.depends_on, skein.drain-timeout, "
            "skein.readiness");
  for (const char* time : {"", "10", "-1s", "soon"}) EXPECT_NE(of_service("skein.drain-timeout", time), "") << time;
  EXPECT_NE(of_service("skein.weight", "2"), "");  // it is the container's
}

TEST(SkeinLabels, labels_of_others_are_not_looked_at) {
  EXPECT_EQ(of_service("skein", "x"), "");
  EXPECT_EQ(of_service("com.example.skein.balance", "x"), "");
}

}  // namespace
}  // namespace skein::manager
