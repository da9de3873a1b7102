// A name that is derived when it is asked for means what it means in the whole network.
#include "overlay/reconcile/live_zone.h"

#include <gtest/gtest.h>

#include "overlay/reconcile/host_for_test.h"
#include "overlay/reconcile/network_states.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::overlay {
namespace {

RemoteRecord remote_task(const std::string& key, const std::string& address, const std::string& service,
                         const std::string& virtual_ip, bool is_draining) {
  networkdb::EndpointRecord names;
  names.set_name(service + "." + key);
  names.add_task_aliases("short-" + key);
  names.set_service_name(service);
  names.add_aliases("Alias-of-" + service);
  names.set_virtual_ip(virtual_ip);
  names.set_service_disabled(is_draining);
  return {"n1", key, "owner", ip("192.168.1.12"), ip(address), "", names.SerializeAsString()};
}

struct LiveZoneTest : testing::Test {
  EndpointBook book;
  RemoteRecords records{TimePoint{0}};
  std::vector<RemoteRecord> told;

  void tell(RemoteRecord record) {
    told.push_back(std::move(record));
    RemoteRecords::Snapshot snapshot;
    snapshot.records = told;
    snapshot.networks = {"n1"};
    records.update(snapshot, TimePoint{0});
  }
};

TEST_F(LiveZoneTest, every_name_and_address_means_what_it_means_in_the_whole) {
  Endpoint mine;
  mine.id = "e1";
  mine.container_id = "0123456789abcdef";
  mine.container_name = "Web.1";
  mine.network = appnet();
  mine.address = ip("10.0.1.5");
  mine.service = ServiceMembership{"s1", "web", ip("10.0.1.2"), {"front"}};
  book.endpoints["e1"] = mine;
  tell(remote_task("k1", "10.0.1.6", "web", "10.0.1.2", false));
  tell(remote_task("k2", "10.0.1.7", "web", "10.0.1.2", true));
  tell(remote_task("k3", "10.0.1.8", "old", "10.0.1.3", true));
  tell(remote_task("k4", "10.0.1.6", "api", "<nil>", false));
  const names::Zone whole = make_zone(appnet(), book, records.of_network("n1"));
  const LiveZone live(appnet(), book, records);
  for (const char* name :
       {"web", "WEB", "front", "tasks.web", "tasks.front", "alias-of-web", "tasks.alias-of-web", "old", "tasks.old",
        "api", "tasks.api", "web.k1", "short-k1", "web.k2", "short-k2", "web.1", "0123456789ab", "nobody", ""}) {
    const auto *expected = whole.find(name), *found = live.find(name);
    ASSERT_EQ(found != nullptr, expected != nullptr) << name;
    if (expected) {
      EXPECT_EQ(*found, *expected) << name;
    }
  }
  EXPECT_EQ(*live.find("old"), std::set{ip("10.0.1.3")});
  for (const char* address : {"10.0.1.5", "10.0.1.6", "10.0.1.7", "10.0.1.8", "10.0.1.9"}) {
    const auto *expected = whole.pointer(ip(address)), *found = live.pointer(ip(address));
    ASSERT_EQ(found != nullptr, expected != nullptr) << address;
    if (expected) {
      EXPECT_EQ(*found, *expected) << address;
    }
  }
}

TEST_F(LiveZoneTest, what_was_found_is_forgotten_with_the_next_change) {
  LiveZone live(appnet(), book, records);
  EXPECT_EQ(live.find("web"), nullptr);
  tell(remote_task("k1", "10.0.1.6", "web", "10.0.1.2", false));
  live.forget();
  EXPECT_EQ(*live.find("web"), std::set{ip("10.0.1.2")});
}

}  // namespace
}  // namespace skein::overlay
