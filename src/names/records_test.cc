// A program finds a service by its name for as long as there is one, and never a task that is on its way out.
#include "names/records.h"

#include <gtest/gtest.h>

#include "base/addresses_for_test.h"

namespace skein::names {
namespace {

networkdb::EndpointRecord task(const std::string& name, const std::string& virtual_ip) {
  networkdb::EndpointRecord record;
  record.set_name(name);
  record.set_service_name("web");
  record.set_virtual_ip(virtual_ip);
  record.add_aliases("front");
  record.add_task_aliases("0123456789ab");
  return record;
}

std::set<Ipv4> found(const Zone& zone, const std::string& name) {
  const std::set<Ipv4>* addresses = zone.find(name);
  return addresses ? *addresses : std::set<Ipv4>();
}

TEST(Records, a_service_is_its_virtual_address_and_its_tasks_are_asked_for_as_tasks) {
  Zone zone("appnet");
  add_record(zone, task("web.1.a", "10.0.1.2"), ip("10.0.1.5"));
  add_record(zone, task("web.2.b", "10.0.1.2"), ip("10.0.1.6"));
  for (const char* name : {"web", "front"}) EXPECT_EQ(found(zone, name), std::set{ip("10.0.1.2")}) << name;
  for (const char* name : {"tasks.web", "tasks.front"})
    EXPECT_EQ(found(zone, name), (std::set{ip("10.0.1.5"), ip("10.0.1.6")})) << name;
  EXPECT_EQ(found(zone, "web.1.a"), std::set{ip("10.0.1.5")});
  EXPECT_EQ(*zone.pointer(ip("10.0.1.6")), "web.2.b.appnet");
  EXPECT_EQ(zone.pointer(ip("10.0.1.2")), nullptr) << "virtual addresses have no name of their own";
}

TEST(Records, without_a_virtual_address_the_service_is_its_tasks) {
  Zone zone("appnet");
  add_record(zone, task("web.1.a", "<nil>"), ip("10.0.1.5"));
  add_record(zone, task("web.2.b", ""), ip("10.0.1.6"));
  for (const char* name : {"web", "front", "tasks.web", "tasks.front"})
    EXPECT_EQ(found(zone, name), (std::set{ip("10.0.1.5"), ip("10.0.1.6")})) << name;
}

// Connections to the virtual address go on until the last task is gone, and so does its name.
TEST(Records, a_draining_task_keeps_nothing_but_the_virtual_address_of_its_service) {
  Zone zone("appnet");
  auto draining = task("web.1.a", "10.0.1.2");
  add_draining(zone, draining);
  EXPECT_EQ(found(zone, "web"), std::set{ip("10.0.1.2")});
  EXPECT_EQ(found(zone, "front"), std::set{ip("10.0.1.2")});
  for (const char* name : {"tasks.web", "tasks.front", "web.1.a", "0123456789ab"})
    EXPECT_EQ(zone.find(name), nullptr) << name;
  EXPECT_EQ(zone.pointer(ip("10.0.1.5")), nullptr);

  Zone round_robin("appnet");
  draining.set_virtual_ip("<nil>");
  add_draining(round_robin, draining);
  EXPECT_EQ(round_robin.find("web"), nullptr);
}

// Its tasks drain while the next service of that name is up already.
TEST(Records, a_removed_service_has_no_name_beside_its_successor) {
  Zone zone("appnet");
  add_record(zone, task("web.1.b", "10.0.1.3"), ip("10.0.1.6"));
  add_draining(zone, task("web.1.a", "10.0.1.2"));
  for (const char* name : {"web", "front"}) EXPECT_EQ(found(zone, name), std::set{ip("10.0.1.3")}) << name;
}

TEST(Records, services_that_share_a_name_share_its_addresses) {
  Zone zone("appnet");
  add_record(zone, task("web.1.a", "10.0.1.2"), ip("10.0.1.5"));
  auto other = task("api.1.c", "10.0.1.3");
  other.set_service_name("api");
  add_record(zone, other, ip("10.0.1.7"));
  EXPECT_EQ(found(zone, "front"), (std::set{ip("10.0.1.2"), ip("10.0.1.3")}));
  EXPECT_EQ(found(zone, "api"), std::set{ip("10.0.1.3")});
}

// One host must not be able to fill the memory of all others with names.
TEST(Records, of_names_without_end_only_so_many_are_taken) {
  Zone zone("appnet");
  auto greedy = task("web.1.a", "10.0.1.2");
  for (int i = 0; i < 2 * kAliasesMax; ++i) greedy.add_task_aliases("alias-" + std::to_string(i));
  greedy.add_aliases(std::string(kNameBytesMax + 1, 'x'));
  add_record(zone, greedy, ip("10.0.1.5"));
  EXPECT_NE(zone.find("alias-0"), nullptr);
  EXPECT_EQ(zone.find("alias-" + std::to_string(kAliasesMax)), nullptr);
  EXPECT_EQ(zone.find(std::string(kNameBytesMax + 1, 'x')), nullptr);
  EXPECT_NE(zone.find("tasks.front"), nullptr) << "the others are still there";
}

TEST(Records, empty_names_mean_nothing) {
  Zone zone("appnet");
  networkdb::EndpointRecord record;
  record.add_task_aliases("");
  record.add_aliases("front");
  add_record(zone, record, ip("10.0.1.5"));
  for (const char* name : {"", "front", "tasks.front", "tasks."}) EXPECT_EQ(zone.find(name), nullptr) << name;
  EXPECT_EQ(zone.pointer(ip("10.0.1.5")), nullptr);
  record.set_service_name("web");
  record.add_aliases("");
  add_record(zone, record, ip("10.0.1.5"));
  EXPECT_EQ(zone.find("tasks."), nullptr);
}

}  // namespace
}  // namespace skein::names
