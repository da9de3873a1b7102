// Docker Engines read these records, and whoever is on the gossip network can write some.
#include "overlay/endpoints/endpoint_record.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <fstream>

#include "base/addresses_for_test.h"

namespace skein::overlay {
namespace {

const Subnet kSubnet = *Subnet::parse("10.88.1.0/24");

// The task whose record by Docker is in tests/data/records.
Endpoint captured_task() {
  Endpoint out;
  out.container_id = "f57b14ddb363aaaaaaaa";
  out.container_name = "web.1.2poy43andhmeb53q8ezff7l0a";
  out.hostname = "f57b14ddb363";
  out.address = ip("10.88.1.30");
  out.service = {"tqmgpwyddwgcdjho6tjec6xgs", "web", ip("10.88.1.8"), {"webalias"}};
  return out;
}

std::string captured(const std::string& name) {
  std::ifstream file(SKEIN_TEST_DATA "/records/" + name + ".bin", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string without_extension(std::optional<networkdb::EndpointRecord> record) {
  record->clear_skein();
  return record->SerializeAsString();
}

TEST(EndpointRecord, a_task_is_told_in_dockers_bytes) {
  Endpoint task = captured_task();
  EXPECT_EQ(without_extension(endpoint_record(task)), captured("endpoint-task-vip"));
  task.serving = Serving::kDraining;
  EXPECT_EQ(without_extension(endpoint_record(task)), captured("endpoint-task-draining"));
  task.serving = Serving::kJoining;
  EXPECT_FALSE(endpoint_record(task));
}

TEST(EndpointRecord, on_ingress_the_ports_are_told_in_dockers_bytes) {
  Endpoint task = captured_task();
  task.address = ip("10.0.0.21");
  task.service->virtual_ip = ip("10.0.0.5");
  task.service->aliases.clear();
  task.service->ingress_ports = {{"", IPPROTO_TCP, 80, 8080}, {"", IPPROTO_UDP, 81, 8081}};
  EXPECT_EQ(without_extension(endpoint_record(task)), captured("endpoint-task-ingress"));
  task.serving = Serving::kDraining;
  EXPECT_EQ(without_extension(endpoint_record(task)), captured("endpoint-task-draining-ingress"));
}

TEST(EndpointRecord, a_container_is_told_in_dockers_bytes) {
  Endpoint solo;
  solo.container_id = "ec753e640e8c00000000";
  solo.container_name = "solo";
  solo.hostname = "ec753e640e8c";
  solo.aliases = {"soloalias"};
  solo.address = ip("10.88.1.2");
  EXPECT_EQ(endpoint_record(solo)->SerializeAsString(), captured("endpoint-container"));
}

TEST(EndpointRecord, names_come_once_and_in_dockers_order) {
  Endpoint e = captured_task();
  e.aliases = {"two", "one", "two", "f57b14ddb363", "web.1.2poy43andhmeb53q8ezff7l0a"};
  e.hostname = "host";
  EXPECT_EQ(dns_names(e),
            (std::vector<std::string>{"web.1.2poy43andhmeb53q8ezff7l0a", "two", "one", "f57b14ddb363", "host"}));
  e.hostname.clear();
  EXPECT_EQ(dns_names(e).back(), "f57b14ddb363");
}

TEST(EndpointRecord, how_to_balance_comes_through) {
  Endpoint task = captured_task();
  for (auto balance : {plan::Balance::kRoundRobin, plan::Balance::kLeastConnections, plan::Balance::kSourceHash,
                       plan::Balance::kLocalFirst}) {
    task.service->balance = balance;
    task.service->weight = 42;
    auto record = parse_endpoint_record(endpoint_record(task)->SerializeAsString(), kSubnet);
    ASSERT_TRUE(record);
    auto claim = backend_claim(*record, task.address);
    ASSERT_TRUE(claim);
    EXPECT_EQ(*claim, (BackendClaim{ip("10.88.1.8"), {task.address, 42, false}, balance}));
  }
}

TEST(EndpointRecord, dockers_tasks_weigh_one_and_do_not_say_how_to_balance) {
  auto record = parse_endpoint_record(captured("endpoint-task-draining"), kSubnet);
  ASSERT_TRUE(record);
  EXPECT_EQ(backend_claim(*record, ip("10.88.1.30")),
            (BackendClaim{ip("10.88.1.8"), {ip("10.88.1.30"), 1, true}, std::nullopt, {}}));
  for (const char* name : {"endpoint-container", "endpoint-task-dnsrr", "endpoint-ingress-lb"}) {
    auto other = parse_endpoint_record(captured(name), kSubnet);
    ASSERT_TRUE(other) << name;
    EXPECT_FALSE(backend_claim(*other, ip("10.88.1.30"))) << name;
  }
}

TEST(EndpointRecord, published_ports_are_read_and_those_that_lead_nowhere_are_not) {
  networkdb::EndpointRecord record;
  record.set_service_name("web");
  record.set_virtual_ip("10.0.0.5");
  record.mutable_skein();
  auto add = [&](networkdb::PortConfig::Protocol protocol, uint32_t published, uint32_t target) {
    auto* port = record.add_ingress_ports();
    port->set_protocol(protocol), port->set_published_port(published), port->set_target_port(target);
  };
  add(networkdb::PortConfig::TCP, 8080, 80);
  add(networkdb::PortConfig::UDP, 65535, 1);
  add(networkdb::PortConfig::TCP, 0, 80);
  add(networkdb::PortConfig::TCP, 8081, 0);
  add(networkdb::PortConfig::TCP, 65536, 80);
  add(static_cast<networkdb::PortConfig::Protocol>(7), 8082, 80);
  using Ports = std::vector<plan::ServicePort>;
  EXPECT_EQ(backend_claim(record, ip("10.0.0.11"))->ports, (Ports{{IPPROTO_TCP, 8080, 80}, {IPPROTO_UDP, 65535, 1}}));
  for (int i = 0; i < 2 * kIngressPortsMax; ++i) add(networkdb::PortConfig::TCP, 9000, 90);
  EXPECT_LE(backend_claim(record, ip("10.0.0.11"))->ports.size(), size_t{kIngressPortsMax});
}

TEST(EndpointRecord, where_a_published_port_is_open_is_told_and_what_cannot_be_read_is_closed) {
  Endpoint endpoint;
  endpoint.address = ip("10.0.0.11");
  endpoint.service = ServiceMembership{.service_id = "s", .service_name = "web", .virtual_ip = ip("10.0.0.5")};
  endpoint.service->ingress_ports = {{"", IPPROTO_TCP, 80, 8080}, {"", IPPROTO_TCP, 81, 8081}};
  EXPECT_EQ(endpoint_record(endpoint)->skein().port_access_size(), 0);
  const auto access = model::PortAccess::parse("source=10.0.0.0/8").value();
  endpoint.service->ingress_ports[1].access = access;
  auto record = endpoint_record(endpoint).value();
  using Ports = std::vector<plan::ServicePort>;
  EXPECT_EQ(backend_claim(record, ip("10.0.0.11"))->ports,
            (Ports{{IPPROTO_TCP, 8080, 80}, {IPPROTO_TCP, 8081, 81, access}}));
  record.mutable_skein()->set_port_access(1, "sauce=10.0.0.0/8");
  EXPECT_EQ(backend_claim(record, ip("10.0.0.11"))->ports, (Ports{{IPPROTO_TCP, 8080, 80}}));
}

TEST(EndpointRecord, what_a_stranger_writes_is_kept_within_bounds) {
  networkdb::EndpointRecord record;
  record.set_name("web.1.a");
  record.set_service_name("web");
  record.set_virtual_ip("10.88.1.8");
  for (auto [said, taken] : {std::pair(0u, 1), {1u, 1}, {100u, 100}, {101u, 100}, {4'000'000'000u, 100}}) {
    record.mutable_skein()->set_weight(said);
    EXPECT_EQ(backend_claim(record, ip("10.88.1.5"))->backend.weight, taken) << said;
  }
  record.mutable_skein()->set_balance(static_cast<networkdb::SkeinExtension::Balance>(77));
  EXPECT_EQ(backend_claim(record, ip("10.88.1.5"))->balance, std::nullopt);
  EXPECT_FALSE(backend_claim(record, ip("10.88.1.8"))) << "its own backend";

  for (const char* virtual_ip : {"10.88.2.8", "192.168.1.11", "0.0.0.0", "<nil>", "", "10.88.1.8/24", "nonsense"}) {
    record.set_virtual_ip(virtual_ip);
    auto parsed = parse_endpoint_record(record.SerializeAsString(), kSubnet);
    ASSERT_TRUE(parsed);
    EXPECT_FALSE(Ipv4::parse(parsed->virtual_ip()).ok()) << virtual_ip;
    EXPECT_FALSE(backend_claim(*parsed, ip("10.88.1.5"))) << virtual_ip;
  }
  EXPECT_FALSE(parse_endpoint_record("", kSubnet));
  EXPECT_FALSE(parse_endpoint_record("\xff\xff", kSubnet));
}

}  // namespace
}  // namespace skein::overlay
