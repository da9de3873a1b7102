// A task must be reached under the addresses that the manager told everybody, and no other.
#include "agent/container/task_networking.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <nlohmann/json.hpp>

namespace skein::agent {
namespace {

namespace api = model::api;
using nlohmann::json;

struct TaskNetworkingTest : ::testing::Test {
  api::Task task;

  TaskNetworkingTest() {
    task.set_id("task1");
    task.set_service_id("service1");
    task.mutable_service_annotations()->set_name("web");
  }
  api::NetworkAttachment& add_network(const std::string& name, const std::string& address) {
    auto& attachment = *task.add_networks();
    attachment.mutable_network()->set_id("id-of-" + name);
    attachment.mutable_network()->mutable_spec()->mutable_annotations()->set_name(name);
    if (!address.empty()) attachment.add_addresses(address);
    return attachment;
  }
  void add_port(uint32_t target, uint32_t published, api::PortConfig::Mode mode) {
    auto& port = *task.mutable_endpoint()->add_ports();
    port.set_target_port(target);
    port.set_published_port(published);
    port.set_publish_mode(mode);
  }
  overlay::ContainerNetworkRequest request(const overlay::AssignedPorts& assigned = {}) {
    auto out = task_network_request(task, assigned);
    EXPECT_TRUE(out.ok()) << out.error().text();
    return out.ok() ? *out : overlay::ContainerNetworkRequest();
  }
  overlay::ServiceMembership membership() { return *request().endpoints.at(0).given->service; }
  json body() {
    json out;
    add_task_networking(task, out);
    return out;
  }
};

// Whether asked for or allocated so, by whatever manager.
TEST_F(TaskNetworkingTest, an_encrypted_network_is_known_as_such) {
  auto& network = *add_network("secure", "10.0.1.7/24").mutable_network();
  for (auto* options : {network.mutable_spec()->mutable_driver_config()->mutable_options(),
                        network.mutable_driver_state()->mutable_options()}) {
    EXPECT_FALSE(request().endpoints.at(0).given->network.is_encrypted);
    (*options)["encrypted"] = "";
    EXPECT_TRUE(request().endpoints.at(0).given->network.is_encrypted);
    options->clear();
  }
}

TEST_F(TaskNetworkingTest, each_network_has_its_own_virtual_address) {
  add_network("front", "10.0.1.7/24");
  add_network("back", "10.0.2.9/16").add_aliases("db");
  for (const auto& [network, address] : {std::pair("id-of-back", "10.0.2.2/16"), {"id-of-other", "10.0.3.2/24"}}) {
    auto& virtual_ip = *task.mutable_endpoint()->add_virtual_ips();
    virtual_ip.set_network_id(network);
    virtual_ip.set_addr(address);
  }
  auto endpoints = request().endpoints;
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_EQ(endpoints[1].network, "id-of-front");
  EXPECT_EQ(endpoints[1].given->address.text(), "10.0.1.7");
  EXPECT_EQ(endpoints[1].given->network.name, "front");
  EXPECT_FALSE(endpoints[1].given->service->virtual_ip);  // DNS round robin
  EXPECT_EQ(endpoints[0].given->service->virtual_ip->text(), "10.0.2.2");
  EXPECT_EQ(endpoints[0].given->service->service_id, "service1");
  EXPECT_EQ(endpoints[0].given->service->service_name, "web");
  EXPECT_EQ(endpoints[0].given->service->aliases, std::vector<std::string>{"db"});
}

// As Docker numbers them: eth0, eth1, … by the alphabet, ingress among them.
TEST_F(TaskNetworkingTest, interfaces_follow_the_names_of_the_networks) {
  add_network("ingress", "10.0.0.5/24").mutable_network()->mutable_spec()->set_ingress(true);
  for (const char* name : {"znet", "bnet", "appnet"}) add_network(name, "10.0.1.7/24");
  std::vector<std::string> names;
  for (const auto& endpoint : request().endpoints) names.push_back(endpoint.given->network.name);
  EXPECT_EQ(names, (std::vector<std::string>{"appnet", "bnet", "ingress", "znet"}));
  EXPECT_EQ(body().at("HostConfig").at("NetworkMode"), "znet");
}

TEST_F(TaskNetworkingTest, ports_of_the_mesh_lead_to_the_endpoint_on_ingress) {
  add_network("ingress", "10.0.0.5/24").mutable_network()->mutable_spec()->set_ingress(true);
  add_network("front", "10.0.1.7/24");
  add_port(80, 8080, api::PortConfig::INGRESS);
  add_port(82, 8082, api::PortConfig::HOST);
  add_port(81, 8081, api::PortConfig::INGRESS);
  task.mutable_endpoint()->mutable_ports(2)->set_protocol(api::PortConfig::UDP);
  task.mutable_endpoint()->mutable_ports(2)->set_name("dns");
  add_port(83, 0, api::PortConfig::INGRESS);        // not given out
  add_port(70000, 8083, api::PortConfig::INGRESS);  // no port
  auto endpoints = request().endpoints;
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_TRUE(endpoints[0].given->service->ingress_ports.empty());
  EXPECT_TRUE(endpoints[1].given->network.is_ingress);
  EXPECT_EQ(endpoints[1].given->service->ingress_ports,
            (std::vector<overlay::IngressPort>{{"", IPPROTO_TCP, 80, 8080}, {"dns", IPPROTO_UDP, 81, 8081}}));
  EXPECT_EQ(body().at("HostConfig").at("NetworkMode"), "front");
  EXPECT_EQ(body().at("NetworkingConfig").at("EndpointsConfig").at("ingress").at("IPAMConfig").at("IPv4Address"),
            "10.0.0.5");
  task.mutable_networks()->RemoveLast();
  EXPECT_EQ(body().at("HostConfig").at("NetworkMode"), "ingress");
}

TEST_F(TaskNetworkingTest, a_task_without_networks_is_on_the_default_bridge) {
  auto endpoints = request().endpoints;
  ASSERT_EQ(endpoints.size(), 1u);
  EXPECT_EQ(endpoints[0].network, "bridge");
  EXPECT_FALSE(endpoints[0].given);
  EXPECT_EQ(body().at("HostConfig").at("NetworkMode"), "default");
  EXPECT_EQ(body().at("NetworkingConfig").at("EndpointsConfig"), json::object());
}

TEST_F(TaskNetworkingTest, the_hosts_own_network_is_the_containers_mode) {
  auto& annotations = *add_network("host", "").mutable_network()->mutable_spec()->mutable_annotations();
  (*annotations.mutable_labels())["com.docker.swarm.predefined"] = "true";
  EXPECT_EQ(body().at("HostConfig").at("NetworkMode"), "host");
  EXPECT_FALSE(request().endpoints.at(0).given);
}

TEST_F(TaskNetworkingTest, a_network_without_an_address_is_an_error) {
  add_network("front", "");
  EXPECT_EQ(task_network_request(task, {}).error().text(), "the manager gave no address on network front");
  task.mutable_networks(0)->add_addresses("nonsense");
  EXPECT_FALSE(task_network_request(task, {}).ok());
  task.mutable_networks(0)->add_addresses("10.0.1.7/24");
  EXPECT_EQ(request().endpoints[0].given->address.text(), "10.0.1.7");
}

TEST_F(TaskNetworkingTest, settings_that_switch_ipv6_off_are_known) {
  add_network("front", "10.0.1.7/24");
  auto& settings = *task.mutable_spec()->mutable_container()->mutable_sysctls();
  settings["net.core.somaxconn"] = "1";
  EXPECT_FALSE(membership().has_ipv6_off);
  settings["net.ipv6.conf.all.disable_ipv6"] = "0";
  EXPECT_FALSE(membership().has_ipv6_off);
  settings["net.ipv6.conf.all.disable_ipv6"] = "1";
  EXPECT_TRUE(membership().has_ipv6_off);
}

TEST_F(TaskNetworkingTest, labels_choose_balancing_and_weight) {
  add_network("front", "10.0.1.7/24");
  auto& of_service = *task.mutable_service_annotations()->mutable_labels();
  auto& of_container = *task.mutable_spec()->mutable_container()->mutable_labels();
  EXPECT_EQ(membership().balance, plan::Balance::kRoundRobin);
  EXPECT_EQ(membership().weight, 1);
  for (const auto& [text, balance] :
       std::map<std::string, plan::Balance>{{"round-robin", plan::Balance::kRoundRobin},
                                            {"least-connections", plan::Balance::kLeastConnections},
                                            {"source-hash", plan::Balance::kSourceHash},
                                            {"local-first", plan::Balance::kLocalFirst},
                                            {"by-colour", plan::Balance::kRoundRobin}}) {
    of_service["skein.balance"] = text;
    EXPECT_EQ(membership().balance, balance) << text;
  }
  for (const auto& [text, weight] : std::map<std::string, uint16_t>{
           {"1", 1}, {"100", 100}, {"7", 7}, {"0", 1}, {"101", 1}, {"-3", 1}, {"7x", 1}, {"", 1}, {"99999999", 1}}) {
    of_container["skein.weight"] = text;
    EXPECT_EQ(membership().weight, weight) << text;
  }
}

TEST_F(TaskNetworkingTest, only_ports_of_the_host_are_bound) {
  add_network("front", "10.0.1.7/24");
  add_port(80, 8080, api::PortConfig::HOST);
  add_port(81, 8081, api::PortConfig::INGRESS);
  add_port(53, 0, api::PortConfig::HOST);
  task.mutable_endpoint()->mutable_ports(2)->set_protocol(api::PortConfig::UDP);
  EXPECT_EQ(task_ports_to_assign(task), std::vector<std::string>{"53/udp"});
  auto ports = request({{"53/udp", 32768}}).ports;
  const IpAddress any4 = IpAddress::from(Ipv4{}), any6 = IpAddress::from(Ipv6{});
  const std::vector<plan::PublishedPort> wanted = {{IPPROTO_TCP, any4, 8080, {}, 80},
                                                   {IPPROTO_TCP, any6, 8080, {}, 80},
                                                   {IPPROTO_UDP, any4, 32768, {}, 53},
                                                   {IPPROTO_UDP, any6, 32768, {}, 53}};
  EXPECT_EQ(ports, wanted);
  auto status = task_port_status(task, {{"53/udp", 32768}});
  ASSERT_EQ(status.ports_size(), 2);
  EXPECT_EQ(status.ports(1).published_port(), 32768u);
  EXPECT_EQ(body().at("HostConfig").at("PortBindings"), (json{{"80/tcp", {{{"HostIp", ""}, {"HostPort", "8080"}}}},
                                                              {"53/udp", {{{"HostIp", ""}, {"HostPort", ""}}}}}));
}

TEST_F(TaskNetworkingTest, numbers_that_are_no_ports_are_left_out) {
  add_port(70000, 80, api::PortConfig::HOST);
  add_port(0, 80, api::PortConfig::HOST);
  add_port(80, 65536 + 80, api::PortConfig::HOST);
  EXPECT_TRUE(request().ports.empty());
}

TEST_F(TaskNetworkingTest, what_is_shown_names_the_networks_as_the_user_does) {
  add_network("front", "10.0.1.7/24");
  add_network("back", "10.0.2.9/24");
  EXPECT_EQ(body().at("HostConfig").at("NetworkMode"), "front");
  EXPECT_EQ(body().at("NetworkingConfig").at("EndpointsConfig"),
            (json{{"front", {{"IPAMConfig", {{"IPv4Address", "10.0.1.7"}}}}},
                  {"back", {{"IPAMConfig", {{"IPv4Address", "10.0.2.9"}}}}}}));
}

}  // namespace
}  // namespace skein::agent
