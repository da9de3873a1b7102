// A task is stopped once nobody begins anything with it: too early and requests fail, too late and updates crawl.
#include "overlay/peers/drain_receipts.h"

#include <gtest/gtest.h>

#include "wire/proto/networkdb.pb.h"

namespace skein::overlay {
namespace {

const std::string kKey(64, 'a');
const Receipt kReceipt = 0xaaaaaaaaaaaaaaaa;

enum class Of { kSkein, kDocker };
RemoteRecord record(const std::string& key, bool is_draining, Of of = Of::kSkein) {
  networkdb::EndpointRecord names;
  names.set_name("web.1.a");
  names.set_service_disabled(is_draining);
  if (of == Of::kSkein) names.mutable_skein()->set_weight(1);
  RemoteRecord out;
  out.key = key;
  out.names = names.SerializeAsString();
  return out;
}

TEST(DrainReceipts, they_are_owed_for_draining_endpoints_of_our_hosts_only) {
  RemoteRecord garbage = record(std::string(64, 'd'), true);
  garbage.names = "\xff";
  RemoteRecord nameless = record(std::string(64, 'e'), true);
  nameless.names.clear();
  EXPECT_EQ(receipts_due({record(kKey, true), record(std::string(64, 'b'), false),
                          record(std::string(64, 'c'), true, Of::kDocker), garbage, nameless,
                          record("no hexadecimal key", true)}),
            std::set{kReceipt});
}

TEST(DrainReceipts, they_come_back_from_the_wire_and_garbage_is_none) {
  const std::set<Receipt> some{0, 1, kReceipt, ~Receipt{0}};
  EXPECT_EQ(parse_host_entry(format_host_entry({some, 7, 5})), (HostEntry{some, 7, 5}));
  EXPECT_EQ(parse_host_entry(format_host_entry({})), HostEntry{});
  EXPECT_EQ(parse_host_entry("\xff\xff"), HostEntry{});
}

// More than a packet holds would spread with the next bulk sync only, half a minute later.
TEST(DrainReceipts, an_entry_fits_into_a_packet_and_takes_no_more_from_others) {
  std::vector<RemoteRecord> many;
  std::set<Receipt> more;
  for (Receipt i = 0; i < 2 * kReceiptsMax; ++i) {
    char key[17];
    std::snprintf(key, sizeof key, "%016llx", static_cast<unsigned long long>(i));
    many.push_back(record(key, true));
    more.insert(i);
  }
  EXPECT_EQ(receipts_due(many).size(), kReceiptsMax);
  EXPECT_LT(format_host_entry({receipts_due(many), ~0u, ~0u}).size(), 1100u);
  EXPECT_EQ(parse_host_entry(format_host_entry({more, 0, 0})).receipts.size(), kReceiptsMax);
}

TEST(DrainReceipts, a_key_is_known_by_its_first_digits) {
  EXPECT_EQ(receipt_for(kKey), kReceipt);
  EXPECT_EQ(receipt_for("0123456789abcdef-and-more"), Receipt{0x0123456789abcdef});
  for (const char* key : {"", "0123456789abcde", "0123456789abcdeg", "-123456789abcdef", "0x23456789abcdef"})
    EXPECT_FALSE(receipt_for(key)) << key;
}

TEST(DrainPause, all_our_hosts_that_are_there_have_to_say_so) {
  NetworkHosts hosts;
  EXPECT_EQ(drain_pause(hosts, kReceipt), Duration::zero()) << "nobody else is on the network";
  hosts.live = {"one", "two"};
  hosts.receipts = {{"one", {kReceipt}}, {"two", {}}};
  EXPECT_EQ(drain_pause(hosts, kReceipt), std::nullopt);
  hosts.receipts["two"] = {1, 2};
  EXPECT_EQ(drain_pause(hosts, kReceipt), std::nullopt) << "receipts for others";
  hosts.receipts["two"].insert(kReceipt);
  EXPECT_EQ(drain_pause(hosts, kReceipt), Duration::zero());
}

TEST(DrainPause, who_is_gone_is_not_waited_for) {
  NetworkHosts hosts;
  hosts.live = {"one"};
  hosts.receipts = {{"one", {kReceipt}}, {"gone", {}}};
  EXPECT_EQ(drain_pause(hosts, kReceipt), Duration::zero());
}

// They stop new flows when the record reaches them, but do not tell.
TEST(DrainPause, docker_engines_have_their_two_seconds_beside_our_receipts) {
  NetworkHosts hosts;
  hosts.live = {"docker", "one"};
  hosts.receipts = {{"one", {kReceipt}}};
  EXPECT_EQ(drain_pause(hosts, kReceipt), kDockerDrainPause);
  hosts.receipts["one"].clear();
  EXPECT_EQ(drain_pause(hosts, kReceipt), std::nullopt);
}

}  // namespace
}  // namespace skein::overlay
