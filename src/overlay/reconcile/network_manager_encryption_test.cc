// A host on encrypted networks: nobody is put on one where nothing could be encrypted, the others learn how to open
// what it seals, and its encryptor knows keys and peers, whichever of daemon and encryptor dies.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "overlay/peers/fake_swarm.h"
#include "overlay/reconcile/cluster_for_test.h"

namespace skein::overlay {
namespace {

NetworkInfo secure() {
  NetworkInfo out = appnet();
  out.is_encrypted = true;
  return out;
}

ContainerNetworkRequest secure_task(const std::string& id, const std::string& address) {
  ContainerNetworkRequest request = task_request(id, address);
  request.endpoints[0].given->network = secure();
  return request;
}

EncryptionKeys keys_of(uint32_t first) {
  EncryptionKeys out;
  for (uint32_t i = 0; i < 3; ++i) {
    const std::array<uint8_t, esp::Key::kBytes> bytes{static_cast<uint8_t>(first + i)};
    out.keys.push_back({first + i, esp::Key(bytes)});
  }
  out.primary = 1;
  return out;
}

struct EncryptedMember : testing::Test {
  Host host{"encrypted"};
  FakeSwarm swarm{"0123456789ab"};
  EncryptedMember() { enter(); }
  void enter() {
    host.manager->enter_swarm(swarm);
    host.manager->gossip_started();
    host.manager->take_encryption_keys(keys_of(50));
    host.settle();
  }
  networkdb::PeerRecord told() {
    networkdb::PeerRecord out;
    EXPECT_TRUE(out.ParseFromString(swarm.machine->entries("n1", kPeerTable).at(0).value));
    return out;
  }
  const std::vector<esp::Config>& configs() { return host.kernel.encryptor_configs; }
};

TEST_F(EncryptedMember, nothing_is_started_for_networks_in_clear) {
  ASSERT_TRUE(host.attach(task_request("t1", "10.0.1.3")).ok());
  EXPECT_EQ(host.kernel.encryptor_starts, 0);
  EXPECT_EQ(host.kernel.applied.back().esp_device, plan::EspDevice::kNone);
  EXPECT_EQ(told().esp_epoch(), 0u);
}

TEST_F(EncryptedMember, with_the_first_encrypted_network_the_encryptor_runs_and_the_others_learn_its_epoch) {
  ASSERT_TRUE(host.attach(secure_task("t1", "10.0.1.3")).ok());
  EXPECT_TRUE(host.kernel.is_encryptor_running);
  const plan::Intent& intent = host.kernel.applied.back();
  EXPECT_EQ(intent.esp_device, plan::EspDevice::kTap);
  EXPECT_TRUE(intent.endpoints.at({Vni{4097}, ip("10.0.1.3")}).is_encrypted);
  EXPECT_TRUE(intent.floods.at(Vni{4097}).is_encrypted);
  EXPECT_EQ(intent.links.begin()->second.mtu_bytes, 1408u);
  EXPECT_EQ(told().esp_epoch(), 7u);
  ASSERT_EQ(configs().size(), 1u);
  EXPECT_EQ(configs()[0].local, ip("192.168.1.11"));
}

TEST_F(EncryptedMember, where_the_kernel_encrypts_its_device_has_the_port_and_the_others_learn_of_it) {
  host.kernel.backend.is_kernel = true;
  ASSERT_TRUE(host.attach(secure_task("t1", "10.0.1.3")).ok());
  EXPECT_EQ(host.kernel.applied.back().esp_device, plan::EspDevice::kVxlan);
  EXPECT_EQ(host.kernel.applied.back().held_port, std::nullopt);
  EXPECT_TRUE(told().esp_in_kernel());
}

TEST_F(EncryptedMember, nobody_joins_where_nothing_can_be_encrypted) {
  host.kernel.encryptor_fails = make_error(Code::kUnavailable, "skein-espd has ended");
  auto refused = host.attach(secure_task("t1", "10.0.1.3"));
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().text().starts_with("network appnet is encrypted: this host cannot encrypt"))
      << refused.error().text();
  EXPECT_TRUE(host.kernel.applied.empty() || host.kernel.applied.back().links.empty());
  EXPECT_TRUE(host.manager->book().endpoints.empty());
}

TEST_F(EncryptedMember, keys_are_told_as_they_change_and_only_then) {
  ASSERT_TRUE(host.attach(secure_task("t1", "10.0.1.3")).ok());
  host.manager->audit();
  host.manager->take_encryption_keys(keys_of(50));
  host.settle();
  EXPECT_EQ(configs().size(), 1u);
  host.manager->take_encryption_keys({});
  host.settle();
  EXPECT_EQ(configs().size(), 1u) << "without keys nothing is better than what is there";
}

// Two hosts on one encrypted network.
struct EncryptedPair : testing::Test, Cluster {
  explicit EncryptedPair(bool is_by_kernel = false) {
    for (size_t i : {0, 1}) {
      join();
      hosts[i]->kernel.epoch = 20 + i;
      hosts[i]->kernel.backend.is_kernel = is_by_kernel;
      hosts[i]->manager->take_encryption_keys(keys_of(50));
    }
    for (size_t i : {0, 1}) {
      auto is_over = begin_attaching(i, secure_task("c" + std::to_string(i), "10.0.1." + std::to_string(10 + i)));
      SKEIN_ASSERT(run_until_true(std::chrono::seconds(10), [&] { return *is_over; }));
    }
  }
  const esp::Config& last(size_t i) { return hosts[i]->kernel.encryptor_configs.back(); }
  // What host `from` sends, host `to` opens.
  bool is_understood(size_t from, size_t to) {
    const auto &sender = last(from).peers, &receiver = last(to).peers;
    if (sender.size() != 1 || receiver.size() != 1 || !sender[0].out) return false;
    return std::ranges::any_of(receiver[0].in, [&](const esp::Sa& sa) { return sa == *sender[0].out; });
  }
  bool understand_each_other() { return is_understood(0, 1) && is_understood(1, 0); }
};

TEST_F(EncryptedPair, hosts_understand_each_other) {
  EXPECT_TRUE(run_until_true(std::chrono::seconds(5), [&] { return understand_each_other(); }));
}

// Where the kernel encrypts, the epoch ends with its states.
struct EncryptedByKernel : EncryptedPair {
  EncryptedByKernel() : EncryptedPair(true) {}
};

TEST_F(EncryptedByKernel, hosts_understand_each_other) {
  EXPECT_TRUE(run_until_true(std::chrono::seconds(5), [&] { return understand_each_other(); }));
  EXPECT_EQ(hosts[0]->kernel.encryptor_stops, 0) << "between being made ready and being used";
}

TEST_F(EncryptedPair, each_goes_on_while_only_one_has_heard_of_a_rotation) {
  ASSERT_TRUE(run_until_true(std::chrono::seconds(5), [&] { return understand_each_other(); }));
  for (uint32_t generation : {51, 52, 53})
    for (size_t i : {0, 1}) {
      const uint32_t before = last(i).peers.at(0).out->spi;
      hosts[i]->manager->take_encryption_keys(keys_of(generation));
      hosts[i]->settle();
      EXPECT_NE(last(i).peers.at(0).out->spi, before);
      EXPECT_TRUE(understand_each_other()) << generation << " " << i;
    }
}

TEST_F(EncryptedPair, the_next_life_of_a_host_is_understood_while_the_former_is_not_forgotten) {
  ASSERT_TRUE(run_until_true(std::chrono::seconds(5), [&] { return understand_each_other(); }));
  hosts[1]->kernel.epoch = 99;
  hosts[1]->kernel.encryptor->lost();
  hosts[1]->settle();
  EXPECT_FALSE(is_understood(1, 0));
  EXPECT_TRUE(run_until_true(std::chrono::seconds(5), [&] { return understand_each_other(); }));
}

TEST_F(EncryptedMember, an_encryptor_that_dies_is_started_again_and_told_everything) {
  ASSERT_TRUE(host.attach(secure_task("t1", "10.0.1.3")).ok());
  const esp::Config last = configs().back();
  const size_t told_before = configs().size();
  host.kernel.encryptor->lost();
  host.settle();
  ASSERT_EQ(configs().size(), told_before + 1);
  EXPECT_EQ(configs().back(), last);
}

// Somebody has deleted it, and the next audit has made it again.
TEST_F(EncryptedMember, a_device_that_was_made_anew_is_told_to_the_encryptor) {
  ASSERT_TRUE(host.attach(secure_task("t1", "10.0.1.3")).ok());
  const size_t told_before = configs().size();
  host.kernel.esp_device = 6;
  host.manager->audit();
  host.settle();
  EXPECT_EQ(configs().size(), told_before + 1);
}

// As after a loss of its state: what it seals is not opened by what the others have.
TEST_F(EncryptedMember, a_new_epoch_is_told_to_the_others) {
  ASSERT_TRUE(host.attach(secure_task("t1", "10.0.1.3")).ok());
  host.kernel.epoch = 8;
  host.kernel.encryptor->lost();
  host.settle();
  EXPECT_EQ(told().esp_epoch(), 8u);
}

TEST_F(EncryptedMember, with_the_last_encrypted_network_it_ends) {
  ASSERT_TRUE(host.attach(secure_task("t1", "10.0.1.3")).ok());
  host.manager->detach("t1");
  host.settle();
  EXPECT_EQ(host.kernel.applied.back().esp_device, plan::EspDevice::kNone);
  EXPECT_FALSE(host.kernel.is_encryptor_running);
}

// The encryptor goes on with what the daemon before told it: until the manager is heard there is nothing better.
TEST_F(EncryptedMember, a_restarted_daemon_without_keys_leaves_the_encryptor_alone) {
  ASSERT_TRUE(host.attach(secure_task("t1", "10.0.1.3")).ok());
  const size_t told_before = configs().size();
  host.start();
  host.settle();
  EXPECT_EQ(configs().size(), told_before);
  EXPECT_TRUE(host.manager->book().endpoints.begin()->second.network.is_encrypted);
  enter();
  EXPECT_EQ(configs().size(), told_before + 1);
  EXPECT_EQ(told().esp_epoch(), 7u);
}

}  // namespace
}  // namespace skein::overlay
