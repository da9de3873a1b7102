// What Prometheus reads: each family once, with its help and type, and the numbers that were there.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "api/metrics/host_metrics.h"
#include "api/metrics/swarm_metrics.h"
#include "model/objects.h"

namespace skein::api {
namespace {

namespace wire = store::api;

// "name{label="value"}" → its number.
std::map<std::string, double> samples_of(const Families& families) {
  std::map<std::string, double> out;
  std::istringstream lines(families.text());
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t space = line.rfind(' ');
    EXPECT_TRUE(out.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second) << line;
  }
  return out;
}

TEST(Metrics, are_in_the_form_that_prometheus_reads) {
  Families out;
  out.counter("a_total", "of one", 1.0, {{"peer", "10.0.0.1"}});
  out.counter("a_total", "of one", 2.0, {{"peer", "a \"b\"\n"}});
  out.gauge("b", "another", 3.0);
  EXPECT_EQ(out.text(),
            "# HELP a_total of one\n# TYPE a_total counter\n"
            "a_total{peer=\"10.0.0.1\"} 1\na_total{peer=\"a \\\"b\\\"\\n\"} 2\n"
            "# HELP b another\n# TYPE b gauge\nb 3\n");
}

template <class T>
void put(store::Tables& tables, store::Kind kind, T object) {
  const std::string id = object.id();
  tables.apply({kind, id, store::Ref<T>(), std::make_shared<const T>(std::move(object))});
}

TEST(Metrics, of_a_swarm_count_its_objects_by_state) {
  store::Tables tables;
  for (const char* id : {"n1", "n2", "n3"}) {
    wire::Node node;
    node.set_id(id);
    node.mutable_status()->set_state(id == std::string("n3") ? wire::NodeStatus::DOWN : wire::NodeStatus::READY);
    put(tables, store::Kind::kNode, node);
  }
  wire::Task task;
  task.set_id("t1");
  task.mutable_status()->set_state(wire::COMPLETE_);
  put(tables, store::Kind::kTask, task);
  Families out;
  add_swarm_metrics(tables, out);
  const auto samples = samples_of(out);
  EXPECT_EQ(samples.at("swarm_manager_nodes{state=\"ready\"}"), 2);
  EXPECT_EQ(samples.at("swarm_manager_nodes{state=\"down\"}"), 1);
  EXPECT_EQ(samples.at("swarm_manager_nodes{state=\"unknown\"}"), 0);
  EXPECT_EQ(samples.at("swarm_manager_tasks_total{state=\"complete\"}"), 1);
  EXPECT_EQ(samples.at("swarm_manager_tasks_total{state=\"running\"}"), 0);
  EXPECT_EQ(samples.at("swarm_manager_services_total"), 0);
}

TEST(Metrics, of_gossip_are_all_that_are_registered) {
  Counts<GossipCount> machine;
  machine.add(GossipCount::kBulkSyncs);
  Families out;
  add_gossip_metrics(machine, {}, out);
  const auto samples = samples_of(out);
  EXPECT_EQ(samples.size(), kGossipMetrics.size() + kGossipSocketMetrics.size());
  EXPECT_EQ(samples.at("skein_gossip_bulk_syncs_total"), 1);
  EXPECT_EQ(samples.at("skein_gossip_socket_packets_sent_total"), 0);
}

TEST(Metrics, of_encryption_are_sums_over_a_peers_keys) {
  esp::Status status;
  esp::PeerStatus peer;
  peer.address = *Ipv4::parse("192.0.2.7");
  peer.out = esp::SaStatus{1, 10, 1000, 0, 0};
  peer.in = {{2, 3, 300, 1, 0}, {3, 4, 400, 0, 2}};
  status.peers = {peer};
  status.drops = {{"bad_icv", 2}};
  Families out;
  add_encryption_metrics(status, out);
  const auto samples = samples_of(out);
  EXPECT_EQ(samples.at("skein_encryption_packets_total{peer=\"192.0.2.7\",direction=\"in\"}"), 7);
  EXPECT_EQ(samples.at("skein_encryption_packets_total{peer=\"192.0.2.7\",direction=\"out\"}"), 10);
  EXPECT_EQ(samples.at("skein_encryption_bytes_total{peer=\"192.0.2.7\",direction=\"in\"}"), 700);
  EXPECT_EQ(samples.at("skein_encryption_refused_total{peer=\"192.0.2.7\",why=\"replayed\"}"), 1);
  EXPECT_EQ(samples.at("skein_encryption_refused_total{peer=\"192.0.2.7\",why=\"bad_icv\"}"), 2);
  EXPECT_EQ(samples.at("skein_encryption_drops_total{reason=\"bad_icv\"}"), 2);
  EXPECT_EQ(samples.at("skein_encryption_drops_total{reason=\"replayed\"}"), 0);
}

TEST(Metrics, of_passes_say_what_the_kernel_does_not_hold) {
  overlay::HostReport report;
  report.pass.number = 5;
  report.pass.failures.endpoints["e1"] = make_error(Code::kNotFound, "no namespace");
  Families out;
  add_pass_metrics(report, out);
  add_data_path_metrics({{"to_local", 9}, {"drop_spoofed", 1}}, out);
  const auto samples = samples_of(out);
  EXPECT_EQ(samples.at("skein_network_passes_total"), 5);
  EXPECT_EQ(samples.at("skein_network_failed_endpoints"), 1);
  EXPECT_EQ(samples.at("skein_network_failed"), 0);
  EXPECT_EQ(samples.at("skein_datapath_packets_total{reason=\"to_local\"}"), 9);
}

}  // namespace
}  // namespace skein::api
