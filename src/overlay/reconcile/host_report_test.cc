// What one host knows of its networks, as it is shown: one broken endpoint is named, and the others are applied.
#include "overlay/reconcile/host_report.h"

#include <gtest/gtest.h>

#include "overlay/peers/fake_swarm.h"
#include "overlay/reconcile/host_for_test.h"
#include "overlay/reconcile/network_manager.h"

namespace skein::overlay {
namespace {

std::string path_of(const std::string& container) { return "/run/skein/netns/" + container; }

struct HostReportTest : testing::Test {
  Host host{"reported"};
  FakeSwarm swarm{"0123456789ab"};

  HostReportTest() {
    host.manager->enter_swarm(swarm);
    host.manager->gossip_started();
    host.settle();
    for (const char* id : {"c1", "c2", "c3"})
      EXPECT_TRUE(host.attach({id, id, "host", {{"bridge", {}, {}, {}, {}}}, {}, {}, false}).ok());
  }
  std::string endpoint(const std::string& container) { return host.endpoint_of(container).id; }
  std::shared_ptr<const HostReport> audited() {
    host.manager->audit();
    host.settle();
    return host.manager->report();
  }
};

TEST_F(HostReportTest, where_all_is_well_it_holds_what_is_in_force) {
  host.kernel.read_back.differences = 3;
  const auto report = audited();
  EXPECT_TRUE(report->book == host.manager->book());
  EXPECT_TRUE(report->pass.failures.empty());
  ASSERT_TRUE(report->pass.intent);
  EXPECT_TRUE(*report->pass.intent == host.kernel.applied.back());
  EXPECT_EQ(report->pass.intent->links.size(), 3u);
  EXPECT_EQ(report->pass.surroundings.data_path_port, swarm.data_path_port());
  EXPECT_EQ(report->failure(), nullptr);
  EXPECT_EQ(report->pass.read_back.differences, 3u);
}

// The kernel refuses one container what all others get.
TEST_F(HostReportTest, one_broken_endpoint_fails_alone_and_is_named) {
  const std::string broken = endpoint("c2");
  host.kernel.apply_result.endpoints[broken] = make_error(Code::kNotFound, "set MTU: no namespace");
  host.kernel.unmounted = {path_of("c2")};  // its link is there, so that it is not given up
  const auto report = audited();
  ASSERT_NE(report->failure_of(broken), nullptr);
  EXPECT_EQ(report->failure_of(broken)->what, "set MTU: no namespace");
  EXPECT_EQ(report->failure_of(endpoint("c1")), nullptr);
  EXPECT_EQ(report->failure_of(endpoint("c3")), nullptr);
  EXPECT_EQ(report->failure(), nullptr) << "of no others";
  EXPECT_EQ(report->pass.intent->links.size(), 3u) << "what is to be, not what is";
  EXPECT_TRUE(report->lost.empty());
  EXPECT_TRUE(host.attach({"c4", "c4", "host", {{"bridge", {}, {}, {}, {}}}, {}, {}, false}).ok());
}

TEST_F(HostReportTest, an_endpoint_whose_namespace_is_gone_is_given_up_and_named) {
  const Endpoint gone = host.endpoint_of("c2");
  host.kernel.lost = {path_of("c2")};
  const auto report = audited();
  ASSERT_EQ(report->lost.size(), 1u);
  EXPECT_EQ(report->lost[0].id, gone.id);
  EXPECT_EQ(report->lost[0].container_id, "c2");
  EXPECT_EQ(report->lost[0].network_id, gone.network.id);
  EXPECT_NE(report->lost[0].why.find(path_of("c2")), std::string::npos);
  EXPECT_FALSE(report->book.endpoints.contains(gone.id));
  EXPECT_EQ(report->book.endpoints.size(), 2u);
  EXPECT_TRUE(report->pass.failures.empty()) << "nobody lacks anything any more";
  EXPECT_EQ(host.kernel.applied.back().links.size(), 2u) << "the others are applied";
}

// The kernel tells of each link that goes, of those that we remove ourselves as well.
TEST_F(HostReportTest, a_link_that_others_removed_is_made_anew_at_once) {
  audited();
  const std::string link = host.kernel.applied.back().links.begin()->first;
  const int looks = host.kernel.read_backs;
  host.clock.time = host.clock.time + std::chrono::seconds(1);  // passes that news cause are that far apart at most
  host.kernel.tell_paths({.is_of_paths = false, .is_of_devices = false, .removed_links = {"sk000000000000"}});
  host.settle();
  EXPECT_EQ(host.kernel.read_backs, looks) << "nobody wants that one";
  host.kernel.tell_paths({.is_of_paths = false, .is_of_devices = false, .removed_links = {"sk000000000000", link}});
  host.settle();
  EXPECT_EQ(host.kernel.read_backs, looks + 1);
}

TEST_F(HostReportTest, what_concerns_the_host_is_told_apart) {
  host.kernel.apply_result.host = make_error(Code::kInternal, "replace firewall");
  const auto report = audited();
  ASSERT_NE(report->failure(), nullptr);
  EXPECT_EQ(report->failure()->what, "replace firewall");
  EXPECT_EQ(report->failure_of(endpoint("c1")), nullptr);
}

// Who looks at one is not disturbed by what comes after.
TEST_F(HostReportTest, it_never_changes) {
  const auto before = audited();
  const plan::Intent intent = *before->pass.intent;
  const EndpointBook book = before->book;
  const uint64_t number = before->pass.number;
  ASSERT_TRUE(host.attach(task_request("t1", "10.0.1.5")).ok());
  host.manager->detach("c1");
  host.settle();
  EXPECT_TRUE(*before->pass.intent == intent);
  EXPECT_TRUE(before->book == book);
  const auto after = host.manager->report();
  EXPECT_GT(after->pass.number, number);
  EXPECT_FALSE(*after->pass.intent == intent);
  EXPECT_TRUE(*after->pass.intent == host.kernel.applied.back());
}

}  // namespace
}  // namespace skein::overlay
