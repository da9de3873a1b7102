#include "overlay/endpoints/container_endpoints.h"

#include <gtest/gtest.h>

namespace skein::overlay {
namespace {

Endpoint endpoint(const std::string& id, const std::string& container, const std::string& interface,
                  const std::string& network, const std::string& address) {
  Endpoint out;
  out.id = id;
  out.container_id = container;
  out.container_name = "web";
  out.hostname = "host";
  out.interface_name = interface;
  out.network.id = network;
  out.network.name = "name-of-" + network;
  out.network.subnet = *Subnet::parse("10.0.0.0/16");
  out.network.gateway = *Ipv4::parse("10.0.0.1");
  out.address = *Ipv4::parse(address);
  return out;
}

// One container on three networks, and another one.
EndpointBook sample() {
  EndpointBook book;
  book.endpoints["a"] = endpoint("a", "0123456789abcdef", "eth2", "n3", "10.0.3.5");
  book.endpoints["b"] = endpoint("b", "0123456789abcdef", "eth0", "n1", "10.0.1.5");
  book.endpoints["c"] = endpoint("c", "0123456789abcdef", "eth1", "n2", "10.0.2.5");
  book.endpoints["d"] = endpoint("d", "other", "eth0", "n1", "10.0.1.6");
  return book;
}
const std::string kContainer = "0123456789abcdef";

TEST(ContainerEndpoints, they_come_in_the_order_of_their_interfaces) {
  EndpointBook book = sample();
  EXPECT_EQ(endpoint_ids_of(book, kContainer), (std::vector<std::string>{"b", "c", "a"}));
  EXPECT_TRUE(endpoints_of(book, "nobody").empty());
  EXPECT_EQ(find_endpoint(book, kContainer, "n2")->id, "c");
  EXPECT_EQ(find_endpoint(book, kContainer, "name-of-n3")->id, "a");
  EXPECT_EQ(find_endpoint(book, "other", "n2"), nullptr);
}

TEST(ContainerEndpoints, a_new_interface_takes_the_first_gap) {
  EndpointBook book = sample();
  EXPECT_EQ(unused_interface(book, kContainer), "eth3");
  EXPECT_EQ(unused_interface(book, "nobody"), "eth0");
  book.endpoints.erase("c");
  EXPECT_EQ(unused_interface(book, kContainer), "eth1");
}

TEST(ContainerEndpoints, the_default_route_stays_where_it_is_and_avoids_internal_networks) {
  EndpointBook book = sample();
  book.endpoints["b"].network.is_internal = true;
  choose_default_route(book, kContainer);
  EXPECT_TRUE(book.endpoints["c"].has_default_route);
  EXPECT_EQ(published_address(book, kContainer), book.endpoints["c"].address);
  book.endpoints["b"].network.is_internal = false;
  choose_default_route(book, kContainer);
  EXPECT_FALSE(book.endpoints["b"].has_default_route);
  EXPECT_FALSE(book.endpoints["d"].has_default_route) << "another container's";
  EXPECT_EQ(published_address(book, "other"), book.endpoints["d"].address) << "any, without a default route";
  EXPECT_TRUE(published_address(book, "nobody").is_unspecified());
}

TEST(ContainerEndpoints, ingress_has_the_default_route_also_when_it_comes_later) {
  EndpointBook book = sample();
  choose_default_route(book, kContainer);
  EXPECT_TRUE(book.endpoints["b"].has_default_route);
  book.endpoints["a"].network.is_ingress = true;
  choose_default_route(book, kContainer);
  EXPECT_TRUE(book.endpoints["a"].has_default_route);
  EXPECT_FALSE(book.endpoints["b"].has_default_route) << "one at a time";
  book.endpoints["a"].network.is_internal = true;
  choose_default_route(book, kContainer);
  EXPECT_FALSE(book.endpoints["a"].has_default_route);
}

TEST(ContainerEndpoints, the_default_bridge_has_no_names) {
  EndpointBook book = sample();
  EXPECT_TRUE(has_names(book, "other"));
  EXPECT_FALSE(has_names(book, "nobody"));
  book.endpoints["d"].network.is_default_bridge = true;
  EXPECT_FALSE(has_names(book, "other"));
  EXPECT_TRUE(endpoint_status(book.endpoints["d"]).dns_names.empty());
}

TEST(ContainerEndpoints, users_are_shown_what_docker_shows) {
  Endpoint e = sample().endpoints["b"];
  e.aliases = {"shop"};
  EndpointStatus status = endpoint_status(e);
  EXPECT_EQ(status.network_name, "name-of-n1");
  EXPECT_EQ(status.prefix_bits, 16);
  EXPECT_TRUE(status.gateway.is_unspecified()) << "of overlay networks";
  EXPECT_EQ(status.aliases, std::vector<std::string>{"shop"});
  EXPECT_EQ(status.dns_names, (std::vector<std::string>{"web", "shop", "0123456789ab", "host"}));
  e.network.is_local = true;
  EXPECT_EQ(endpoint_status(e).gateway, e.network.gateway);
}

}  // namespace
}  // namespace skein::overlay
