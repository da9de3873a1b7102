#include "agent/endpoint.h"

#include <gtest/gtest.h>

namespace skein::agent {
namespace {

EndpointBook sample() {
  EndpointBook book;
  NetworkInfo network{"n1",  "appnet", Vni{4097}, *Subnet::parse("10.0.1.0/24"), *Ipv4::parse("10.0.1.1"), true,
                      false, false,    1400};
  Endpoint endpoint{"e1",
                    "c1",
                    "web",
                    "web-host",
                    "/run/skein/netns/c1",
                    "eth0",
                    network,
                    *Ipv4::parse("10.0.1.5"),
                    Mac::from_ipv4(*Ipv4::parse("10.0.1.5")),
                    {"shop", "\"quoted\""},
                    "task",
                    true};
  book.endpoints["e1"] = endpoint;
  plan::PublishedPort port{17, *Ipv4::parse("127.0.0.1"), 8080, *Ipv4::parse("10.0.1.5"), 80};
  plan::PublishedPort anywhere{6, std::nullopt, 8081, *Ipv4::parse("10.0.1.5"), 81};
  book.containers["c1"] = {"/run/skein/netns/c1", {port, anywhere}, {"192.0.2.53"}, true};
  return book;
}

// What a killed daemon does not find again, it takes away from running containers.
TEST(EndpointBook, everything_comes_back_from_disk) {
  auto back = parse_book(format_book(sample()));
  ASSERT_TRUE(back.ok()) << back.error().text();
  EXPECT_EQ(*back, sample());
  EXPECT_EQ(*parse_book(format_book({})), EndpointBook());
}

TEST(EndpointBook, damage_is_an_error_wherever_it_is) {
  std::string good = format_book(sample());
  for (size_t at = 0; at + 1 < good.size(); at += 3) EXPECT_FALSE(parse_book(good.substr(0, at)).ok()) << at;
  std::string bad_address = good;
  bad_address.replace(bad_address.find("10.0.1.5"), 8, "10.0.1.x");
  EXPECT_EQ(parse_book(bad_address).error().code, Code::kDataLoss);
}

}  // namespace
}  // namespace skein::agent
