// A linked container is found by the names that Docker gives it, at the address on a network that both are on.
#include "containers/housing/links.h"

#include <gtest/gtest.h>

namespace skein::containers {
namespace {

using nlohmann::json;

overlay::EndpointStatus endpoint_on(const std::string& network, const char* address) {
  overlay::EndpointStatus out;
  out.network_id = "id-of-" + network;
  out.network_name = network;
  out.address = *Ipv4::parse(address);
  return out;
}

TEST(Links, are_those_of_the_container_and_of_its_endpoints) {
  engine::NetworkingRecord record;
  record.links = {"db:database", "cache", "/mail:/web/smtp"};
  const std::vector<engine::WantedNetwork> networks{
      {.name = "mynet", .settings = {{"Links", {"db:database", "queue:jobs"}}}}, {.name = "other"}};
  EXPECT_EQ(links_of(record, networks, {}),
            (std::vector<Link>{{"db", "database"}, {"cache", "cache"}, {"mail", "smtp"}, {"queue", "jobs"}}));
  EXPECT_EQ(links_of(record, networks, {"database", "smtp"}),
            (std::vector<Link>{{"cache", "cache"}, {"db", "database"}, {"queue", "jobs"}}))
      << "an endpoint's stays";
  record.links = {"", ":x", "x:"};
  EXPECT_TRUE(links_of(record, {}, {}).empty());
}

TEST(Links, have_the_address_on_a_network_of_both) {
  const json target{{"Name", "/db"}, {"Config", {{"Hostname", "abc123"}}}};
  const std::vector<engine::WantedNetwork> mine{{.name = "bridge"}, {.name = "x", .id = "id-of-mynet"}};
  const auto entry = link_entry({"db", "database"}, target,
                                {endpoint_on("theirs", "10.0.0.1"), endpoint_on("mynet", "10.0.0.2")}, mine);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->address + " " + entry->names, "10.0.0.2 database abc123 db");
  EXPECT_EQ(link_entry({"db", "db"}, target, {endpoint_on("bridge", "10.0.0.3")}, mine)->names, "db abc123");
  EXPECT_FALSE(link_entry({"db", "db"}, target, {endpoint_on("theirs", "10.0.0.1")}, mine));
}

}  // namespace
}  // namespace skein::containers
