#include "overlay/endpoints/endpoint.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace skein::overlay {
namespace {

EndpointBook sample_book() {
  EndpointBook book;
  NetworkInfo network{"n1",  "appnet", Vni{4097}, *Subnet::parse("10.0.1.0/24"), *Ipv4::parse("10.0.1.1"), true, false,
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
                    "attachment",
                    std::nullopt,
                    Serving::kServing,
                    true};
  book.endpoints["e1"] = endpoint;
  Endpoint task = endpoint;
  task.id = "e2";
  task.attachment_id.clear();
  task.service = {"s1", "shop", *Ipv4::parse("10.0.1.2"), {"front", "back"}, plan::Balance::kLocalFirst, 100, {}};
  task.service->ingress_ports = {{"www", 6, 80, 8080}, {"", 17, 53, 30000}};
  task.service->has_ipv6_off = true;
  task.network.is_ingress = true;
  task.serving = Serving::kDraining;
  book.endpoints["e2"] = task;
  task.id = "e3";
  task.service->virtual_ip = std::nullopt;
  task.service->balance = plan::Balance::kRoundRobin;
  task.serving = Serving::kJoining;
  book.endpoints["e3"] = task;
  plan::PublishedPort port{17, *IpAddress::parse("::1"), 8080, *Ipv4::parse("10.0.1.5"), 80};
  plan::PublishedPort anywhere{6, {}, 8081, *Ipv4::parse("10.0.1.5"), 81};
  book.containers["c1"] = {"/run/skein/netns/c1", {port, anywhere}, {"192.0.2.53"}, true};
  return book;
}

// What a killed daemon does not find again, it takes away from running containers.
TEST(EndpointBook, everything_comes_back_from_disk) {
  auto back = parse_book(format_book(sample_book()));
  ASSERT_TRUE(back.ok()) << back.error().text();
  EXPECT_EQ(*back, sample_book());
  EXPECT_EQ(*parse_book(format_book({})), EndpointBook());
}

TEST(EndpointBook, a_port_without_an_address_is_of_both_families) {
  const auto book = parse_book(
      R"({"id":"c1","container":{"netns":"n","dns":[],"keeps":false,"ports":[{"protocol":6,"host_port":80,"address":"10.0.1.5","port":81}]}})"
      "\n");
  ASSERT_TRUE(book.ok()) << book.error().text();
  const Ipv4 container = *Ipv4::parse("10.0.1.5");
  EXPECT_EQ(
      book->containers.at("c1").ports,
      (std::vector<plan::PublishedPort>{{6, {}, 80, container, 81}, {6, IpAddress::from(Ipv6{}), 80, container, 81}}));
}

TEST(EndpointBook, a_later_line_replaces_what_was_known_of_its_container) {
  EndpointBook book = sample_book();
  std::string lines = format_book(book);
  book.endpoints.erase("e1");
  book.endpoints.at("e2").container_name = "renamed";
  lines += format_container(book, "c1");
  EXPECT_EQ(*parse_book(lines), book);
  book.containers.clear();
  EXPECT_EQ(*parse_book(lines + format_container(book, "c1")), book) << "endpoints that are kept for its next start";
  book.endpoints.clear();
  EXPECT_EQ(*parse_book(lines + format_container(book, "c1")), book);
  EXPECT_EQ(*parse_book(lines + format_container(book, "c2")), *parse_book(lines)) << "of another one";
}

// Files of before there were services.
TEST(EndpointBook, an_endpoint_without_service_and_serving_is_a_container_that_serves) {
  auto file = nlohmann::json::parse(format_book(sample_book()));
  for (auto& endpoint : file["endpoints"]) endpoint.erase("service"), endpoint.erase("serving");
  auto book = parse_book(file.dump() + "\n");
  ASSERT_TRUE(book.ok()) << book.error().text();
  EXPECT_EQ(book->endpoints.at("e1"), sample_book().endpoints.at("e1"));
  EXPECT_EQ(book->endpoints.at("e2").serving, Serving::kServing);
  EXPECT_FALSE(book->endpoints.at("e2").service);
}

TEST(EndpointBook, a_value_of_the_wrong_type_anywhere_is_data_loss) {
  const auto good = nlohmann::json::parse(format_book(sample_book())).flatten();
  for (const auto& [path, value] : good.items()) {
    auto bad = good;
    bad[path] = value.is_number() ? nlohmann::json("text") : nlohmann::json(4711.5);
    auto book = parse_book(bad.unflatten().dump() + "\n");
    ASSERT_FALSE(book.ok()) << path;
    EXPECT_EQ(book.error().code, Code::kDataLoss) << path;
  }
  for (const char* path : {"/endpoints/1/serving", "/endpoints/1/service/balance", "/endpoints/1/service/virtual_ip",
                           "/endpoints/1/container"}) {
    auto bad = good;
    bad[path] = "unheard-of";
    EXPECT_EQ(parse_book(bad.unflatten().dump() + "\n").error().code, Code::kDataLoss) << path;
  }
}

TEST(EndpointBook, a_line_that_was_being_written_when_the_daemon_died_is_nothing) {
  const std::string lines = format_book(sample_book()), change = format_container({}, "c1");
  for (size_t written = 0; written < change.size(); ++written)
    EXPECT_EQ(*parse_book(lines + change.substr(0, written)), sample_book()) << written;
  EXPECT_EQ(*parse_book(lines + change), EndpointBook());
}

TEST(EndpointBook, damage_is_an_error_wherever_it_is) {
  std::string good = format_book(sample_book());
  for (size_t at = 1; at + 1 < good.size(); at += 3) EXPECT_FALSE(parse_book(good.substr(0, at) + "\n").ok()) << at;
  std::string bad_address = good;
  bad_address.replace(bad_address.find("10.0.1.5"), 8, "10.0.1.x");
  EXPECT_EQ(parse_book(bad_address).error().code, Code::kDataLoss);
}

}  // namespace
}  // namespace skein::overlay
