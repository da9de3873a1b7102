#include "overlay/reconcile/network_states.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/addresses_for_test.h"
#include "overlay/endpoints/endpoint_record.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::overlay {
namespace {

using namespace std::chrono_literals;

NetworkInfo overlay(const std::string& id) {
  NetworkInfo out;
  out.id = id;
  out.name = "name-of-" + id;
  out.vni = Vni{4097};
  out.subnet = *Subnet::parse("10.0.1.0/24");
  return out;
}

Endpoint endpoint(const std::string& id, const NetworkInfo& network, const std::string& address) {
  Endpoint out;
  out.id = id;
  out.container_id = "0123456789abcdef-" + id;
  out.container_name = "web";
  out.hostname = "web-host";
  out.network = network;
  out.address = ip(address);
  out.aliases = {"shop"};
  return out;
}

RemoteRecord remote(const std::string& address, const networkdb::EndpointRecord& names,
                    const std::string& mac = "02:42:0a:00:01:09") {
  networkdb::PeerRecord peer;
  peer.set_endpoint_mac(mac);
  return {"n1",
          "key-" + address,
          "owner",
          ip("192.168.1.12"),
          ip(address),
          peer.SerializeAsString(),
          names.SerializeAsString()};
}

std::set<Ipv4> found(const names::Zone& zone, const std::string& name) {
  const std::set<Ipv4>* addresses = zone.find(name);
  return addresses ? *addresses : std::set<Ipv4>();
}

// What this host plans for its networks, when that is told of the network n1.
std::vector<plan::NetworkState> states_of(const EndpointBook& book, std::vector<RemoteRecord> told) {
  RemoteRecords records{TimePoint{0}};
  RemoteRecords::Snapshot snapshot;
  snapshot.networks = {"n1"};
  snapshot.records = std::move(told);
  records.update(snapshot, TimePoint{0} + 1s);
  return network_states(book, records);
}

std::vector<plan::VirtualService> services_of(const EndpointBook& book, std::vector<RemoteRecord> told) {
  auto states = states_of(book, std::move(told));
  return states.empty() ? std::vector<plan::VirtualService>() : states[0].services;
}

EndpointBook with_one_container() {
  EndpointBook book;
  book.endpoints["e9"] = endpoint("e9", overlay("n1"), "10.0.1.99");
  return book;
}

TEST(NetworkStates, a_container_is_found_by_everything_it_is_called) {
  EndpointBook book;
  book.endpoints["e1"] = endpoint("e1", overlay("n1"), "10.0.1.5");
  book.endpoints["e2"] = endpoint("e2", overlay("n2"), "10.0.2.5");
  names::Zone zone = make_zone(overlay("n1"), book, {});
  for (const char* name : {"web", "web-host", "shop", "0123456789ab", "WEB"})
    EXPECT_EQ(found(zone, name), std::set{ip("10.0.1.5")}) << name << ": of this network only";
  ASSERT_NE(zone.pointer(ip("10.0.1.5")), nullptr);
  EXPECT_EQ(*zone.pointer(ip("10.0.1.5")), "web.name-of-n1");
}

// What Docker Engines tell of a service's tasks: the name is the virtual IP, tasks.NAME the tasks.
TEST(NetworkStates, records_of_services_give_the_virtual_ip_and_the_tasks) {
  networkdb::EndpointRecord names;
  names.set_name("api.1.abc");
  names.set_service_name("api");
  names.set_virtual_ip("10.0.1.2");
  names.add_aliases("backend");
  networkdb::EndpointRecord draining = names;
  draining.set_name("api.2.def");
  draining.set_service_disabled(true);
  names::Zone zone = make_zone(overlay("n1"), {}, {remote("10.0.1.9", names), remote("10.0.1.10", draining)});
  EXPECT_EQ(found(zone, "api"), std::set{ip("10.0.1.2")});
  EXPECT_EQ(found(zone, "backend"), std::set{ip("10.0.1.2")});
  EXPECT_EQ(found(zone, "tasks.api"), std::set{ip("10.0.1.9")});
  EXPECT_EQ(found(zone, "api.1.abc"), std::set{ip("10.0.1.9")});
  EXPECT_EQ(zone.find("api.2.def"), nullptr) << "draining";
  names.set_virtual_ip("<nil>");  // --endpoint-mode dnsrr
  EXPECT_EQ(found(make_zone(overlay("n1"), {}, {remote("10.0.1.9", names)}), "api"), std::set{ip("10.0.1.9")});
}

// A host's own tasks are found as those of others are, whatever each of them does.
TEST(NetworkStates, own_tasks_and_those_of_others_have_the_same_names) {
  for (auto serving : {Serving::kJoining, Serving::kServing, Serving::kDraining}) {
    Endpoint task = endpoint("e1", overlay("n1"), "10.0.1.5");
    task.service = {"s", "api", ip("10.0.1.2"), {"backend"}};
    task.serving = serving;
    EndpointBook book;
    book.endpoints["e1"] = task;
    auto record = endpoint_record(task);
    names::Zone here = make_zone(task.network, book, {});
    names::Zone there = make_zone(task.network, {}, {remote("10.0.1.5", record.value_or(networkdb::EndpointRecord()))});
    for (const char* name : {"web", "shop", "web-host", "0123456789ab", "api", "backend", "tasks.api", "tasks.backend"})
      EXPECT_EQ(found(here, name), found(there, name)) << name;
    EXPECT_EQ(here.pointer(task.address) == nullptr, there.pointer(task.address) == nullptr);
    EXPECT_EQ(found(here, "web").empty(), serving != Serving::kServing);
    EXPECT_EQ(found(here, "api").empty(), serving == Serving::kJoining);
    EXPECT_EQ(found(make_own_zone(task), "web-host"), std::set{task.address}) << "a container always finds itself";
  }
}

// In the routing mesh, Docker Engines and hosts of ours have different parts.
TEST(NetworkStates, endpoints_of_docker_engines_are_told_from_those_of_hosts_of_ours) {
  RemoteRecord theirs = remote("10.0.1.8", {}), ours = remote("10.0.1.9", {});
  networkdb::PeerRecord peer;
  ASSERT_TRUE(peer.ParseFromString(ours.peer));
  peer.set_is_skein(true);
  ours.peer = peer.SerializeAsString();
  auto endpoints = states_of(with_one_container(), {theirs, ours}).at(0).remote;
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_TRUE(endpoints[0].is_docker_engines);
  EXPECT_FALSE(endpoints[1].is_docker_engines);
}

TEST(NetworkStates, endpoints_whose_hosts_take_ipv6_are_known) {
  RemoteRecord older = remote("10.0.1.8", {}), newer = remote("10.0.1.9", {});
  networkdb::PeerRecord peer;
  ASSERT_TRUE(peer.ParseFromString(newer.peer));
  peer.set_takes_ipv6(true);
  newer.peer = peer.SerializeAsString();
  auto endpoints = states_of(with_one_container(), {older, newer}).at(0).remote;
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_FALSE(endpoints[0].takes_ipv6);
  EXPECT_TRUE(endpoints[1].takes_ipv6);
}

TEST(NetworkStates, a_container_that_switches_ipv6_off_is_known) {
  EndpointBook book = with_one_container();
  EXPECT_FALSE(states_of(book, {}).at(0).local.at(0).has_ipv6_off);
  book.endpoints.begin()->second.service = ServiceMembership{.has_ipv6_off = true};
  EXPECT_TRUE(states_of(book, {}).at(0).local.at(0).has_ipv6_off);
}

// Its daemon may be dead, or itself: connections to its tasks go on, and no new ones begin.
TEST(NetworkStates, tasks_of_a_silent_host_keep_what_they_have_and_get_nothing_new) {
  networkdb::EndpointRecord names;
  names.set_name("api.1.abc");
  names.set_service_name("api");
  names.set_virtual_ip("10.0.1.2");
  RemoteRecord silent = remote("10.0.1.9", names);
  silent.is_silent = true;
  names::Zone zone = make_zone(overlay("n1"), {}, {silent});
  for (const char* name : {"api", "tasks.api", "api.1.abc"}) EXPECT_EQ(found(zone, name), std::set<Ipv4>()) << name;
  EndpointBook book;
  book.endpoints["e4"] = endpoint("e4", overlay("n1"), "10.0.1.8");
  auto services = services_of(book, {silent});
  ASSERT_EQ(services.size(), 1u);
  ASSERT_EQ(services[0].backends.size(), 1u);
  EXPECT_TRUE(services[0].backends[0].is_draining);
}

TEST(NetworkStates, a_virtual_address_leads_to_all_tasks_here_and_there) {
  EndpointBook book;
  for (const auto& [id, address, serving] : {std::tuple("e1", "10.0.1.7", Serving::kServing),
                                             {"e2", "10.0.1.5", Serving::kDraining},
                                             {"e3", "10.0.1.6", Serving::kJoining}}) {
    Endpoint& task = book.endpoints[id] = endpoint(id, overlay("n1"), address);
    task.service = {"s", "api", ip("10.0.1.2"), {}, plan::Balance::kSourceHash, 3};
    task.serving = serving;
  }
  book.endpoints["e4"] = endpoint("e4", overlay("n1"), "10.0.1.8");  // of no service
  networkdb::EndpointRecord docker;
  docker.set_service_name("api");
  docker.set_virtual_ip("10.0.1.2");
  networkdb::EndpointRecord other = docker;
  other.set_service_name("db");
  other.set_virtual_ip("10.0.1.3");
  auto services = services_of(book, {remote("10.0.1.4", docker), remote("10.0.1.9", other)});
  ASSERT_EQ(services.size(), 2u);
  EXPECT_EQ(services[0], (plan::VirtualService{
                             ip("10.0.1.2"),
                             plan::Balance::kSourceHash,
                             {{ip("10.0.1.4"), 1, false}, {ip("10.0.1.5"), 3, true}, {ip("10.0.1.7"), 3, false}}}));
  EXPECT_EQ(services[1], (plan::VirtualService{ip("10.0.1.3"), plan::Balance::kRoundRobin, {{ip("10.0.1.9")}}}));
}

// While a label's change is on its way records disagree. Two hosts must not balance differently for longer than that.
TEST(NetworkStates, a_task_that_joins_is_no_backend_yet_and_one_that_drains_still_is) {
  EndpointBook book;
  for (const char* id : {"joining", "serving", "draining"}) {
    Endpoint& task = book.endpoints[id] = endpoint(id, overlay("n1"), "10.0.1.5");
    task.service = ServiceMembership{"shop", "s1", ip("10.0.1.2"), {}};
  }
  auto& tasks = book.endpoints;
  tasks["joining"].address = ip("10.0.1.7"), tasks["joining"].serving = Serving::kJoining;
  tasks["draining"].address = ip("10.0.1.6"), tasks["draining"].serving = Serving::kDraining;
  std::vector<std::pair<Ipv4, Ipv4>> claims;
  for (const OwnClaim& claim : own_claims(book, "n1")) claims.emplace_back(claim.address, claim.virtual_ip);
  EXPECT_EQ(claims,
            (std::vector{std::pair(ip("10.0.1.6"), ip("10.0.1.2")), std::pair(ip("10.0.1.5"), ip("10.0.1.2"))}));
}

TEST(NetworkStates, where_records_disagree_all_hosts_decide_alike) {
  Endpoint task = endpoint("e1", overlay("n1"), "10.0.1.5");
  std::vector<RemoteRecord> records;
  for (auto [address, balance] : {std::pair("10.0.1.5", plan::Balance::kLocalFirst),
                                  {"10.0.1.6", plan::Balance::kLeastConnections},
                                  {"10.0.1.7", plan::Balance::kSourceHash}}) {
    task.address = ip(address);
    task.service = {"s", "api", ip("10.0.1.2"), {}, balance, 1};
    records.push_back(remote(address, *endpoint_record(task)));
  }
  do {
    auto services = services_of(with_one_container(), records);
    ASSERT_EQ(services.size(), 1u);
    EXPECT_EQ(services[0].balance, plan::Balance::kLeastConnections);
  } while (
      std::next_permutation(records.begin(), records.end(), [](auto& a, auto& b) { return a.address < b.address; }));
}

// A record that says it is behind an address elsewhere must not take that address away.
TEST(NetworkStates, virtual_addresses_and_backends_are_of_the_network) {
  networkdb::EndpointRecord foreign;
  foreign.set_service_name("api");
  foreign.set_virtual_ip("192.168.1.12");
  networkdb::EndpointRecord outside = foreign;
  outside.set_virtual_ip("10.0.1.2");
  EXPECT_TRUE(services_of(with_one_container(), {remote("10.0.1.9", foreign), remote("10.0.9.9", outside)}).empty());
}

TEST(NetworkStates, garbage_in_a_record_spoils_nothing_else) {
  networkdb::EndpointRecord names;
  names.set_name("good");
  RemoteRecord garbage = remote("10.0.1.10", names);
  garbage.names = "\xff\xff";
  names::Zone zone = make_zone(overlay("n1"), {}, {garbage, remote("10.0.1.9", names)});
  EXPECT_EQ(found(zone, "good"), std::set{ip("10.0.1.9")});

  EndpointBook book;
  book.endpoints["e1"] = endpoint("e1", overlay("n1"), "10.0.1.5");
  RemoteRecords records{TimePoint{0}};
  RemoteRecords::Snapshot snapshot;
  snapshot.networks = {"n1"};
  snapshot.records = {remote("10.0.1.9", names), remote("10.0.1.10", names, "no address")};
  records.update(snapshot, TimePoint{0} + 1s);
  auto states = network_states(book, records);
  ASSERT_EQ(states.size(), 1u);
  ASSERT_EQ(states[0].remote.size(), 1u);
  EXPECT_EQ(states[0].remote[0].address, ip("10.0.1.9"));
}

TEST(NetworkStates, each_network_has_its_own_endpoints_and_local_ones_no_remote) {
  EndpointBook book;
  NetworkInfo local = overlay("n2");
  local.is_local = true;
  book.endpoints["e1"] = endpoint("e1", overlay("n1"), "10.0.1.5");
  book.endpoints["e2"] = endpoint("e2", local, "10.0.2.5");
  book.endpoints["e3"] = endpoint("e3", local, "10.0.2.6");
  EXPECT_EQ(overlay_networks(book), std::set<std::string>{"n1"});
  auto states = network_states(book, RemoteRecords{TimePoint{0}});
  ASSERT_EQ(states.size(), 2u);
  EXPECT_EQ(states[0].id, "n1");
  EXPECT_EQ(states[0].local.size(), 1u);
  EXPECT_TRUE(states[1].is_local);
  EXPECT_EQ(states[1].local.size(), 2u);
}

}  // namespace
}  // namespace skein::overlay
