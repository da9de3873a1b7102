#include "api/networks/network_failures.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using nlohmann::json;

struct NetworkFailuresTest : testing::Test {
  overlay::HostReport report;
  json network{{"Containers", {{"c1", {{"Name", "one"}}}, {"c2", {{"Name", "two"}}}}}};

  NetworkFailuresTest() {
    for (const char* number : {"1", "2", "3"}) {
      overlay::Endpoint endpoint;
      endpoint.id = std::string("e") + number;
      endpoint.container_id = std::string("c") + number;
      endpoint.network.id = number == std::string("3") ? "n2" : "n1";
      report.book.endpoints[endpoint.id] = endpoint;
    }
  }
  const json& shown() {
    show_failures(report, "n1", network);
    return network;
  }
};

TEST_F(NetworkFailuresTest, nothing_is_added_where_nothing_is_wrong) {
  const json before = network;
  EXPECT_EQ(shown(), before);
}

TEST_F(NetworkFailuresTest, a_broken_endpoint_is_shown_with_its_container_alone) {
  report.pass.failures.endpoints["e2"] = make_error(Code::kNotFound, "create link", "no such namespace");
  report.pass.failures.endpoints["e3"] = make_error(Code::kNotFound, "of another network");
  EXPECT_EQ(shown()["Containers"],
            (json{{"c1", {{"Name", "one"}}},
                  {"c2", {{"Name", "two"}, {"Failure", report.pass.failures.endpoints["e2"].text()}}}}));
  EXPECT_FALSE(network.contains("Failure"));
}

TEST_F(NetworkFailuresTest, what_concerns_all_is_shown_with_the_network) {
  report.pass.failures.host = make_error(Code::kInternal, "replace firewall", "no nftables");
  EXPECT_EQ(shown()["Failure"], report.pass.failures.host->text());
}

TEST_F(NetworkFailuresTest, what_was_given_up_is_shown_with_its_network) {
  report.lost = {{"e8", "c8", "n1", "its namespace is gone", WallTime{0}}, {"e9", "c9", "n2", "likewise", WallTime{0}}};
  EXPECT_EQ(shown()["Lost"], (json::array({{{"Container", "c8"},
                                            {"EndpointID", "e8"},
                                            {"Why", "its namespace is gone"},
                                            {"At", WallTime{0}.rfc3339()}}})));
}

}  // namespace
}  // namespace skein::api
