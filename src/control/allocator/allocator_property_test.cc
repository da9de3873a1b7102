// The allocator against a reference that keeps plain sets and tries one number after the other.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "base/random.h"
#include "control/allocator/rebuild.h"

namespace skein::control {
namespace {

constexpr uint8_t kSubnetBits = 28;
const Subnet kPool = *Subnet::parse("10.0.0.0/24");  // sixteen subnets: both kinds of exhaustion are common

struct NaiveNetwork {
  Subnet subnet;
  uint32_t vni, next;
  std::map<uint32_t, std::string> held;  // gateway included
};

struct Naive {
  std::map<std::string, NaiveNetwork> networks;
  uint32_t vni_next = kVniFirst;

  bool is_free(const Subnet& subnet) const {
    for (const auto& [id, network] : networks)
      if (network.subnet.overlaps(subnet)) return false;
    return true;
  }

  std::optional<NaiveNetwork> add(const std::string& id, std::optional<Subnet> wanted) {
    if (!wanted)
      for (uint32_t base = kPool.base.value; base <= kPool.last().value && !wanted; base += 16)
        if (Subnet subnet{Ipv4{base}, kSubnetBits}; is_free(subnet)) wanted = subnet;
    if (!wanted || !is_free(*wanted)) return std::nullopt;
    // Numbers are never short here, so next-fit means "one more than the last".
    NaiveNetwork network{*wanted, vni_next++, wanted->base.value + 2, {{wanted->base.value + 1, "gateway"}}};
    return networks[id] = network;
  }

  std::optional<uint32_t> take(NaiveNetwork& network, const std::string& owner) {
    uint32_t first = network.subnet.first().value + 1, last = network.subnet.last().value - 1;
    for (uint32_t i = 0, at = network.next; i <= last - first + 1; ++i, ++at) {
      if (at > last) at = first;
      if (network.held.contains(at)) continue;
      network.held[at] = owner;
      network.next = at + 1;
      return at;
    }
    return std::nullopt;
  }
};

class AllocatorProperty : public testing::Test {
 protected:
  AllocatorProperty() {
    pools_.pools = {kPool};
    pools_.subnet_bits = kSubnetBits;
    allocator_ = Allocator(pools_);
  }

  void step() {
    switch (random_.below(8)) {
      case 0: return add_network();
      case 1: return remove_network();
      case 2:
      case 3: return remove_address();
      case 4: return take_requested();
      default: return take_any();
    }
  }

  void add_network() {
    std::string id = "n" + std::to_string(counter_++);
    std::optional<Subnet> wanted;
    if (random_.below(2) == 0) {
      uint8_t bits = static_cast<uint8_t>(26 + random_.below(4));
      Subnet any{Ipv4{kPool.base.value + static_cast<uint32_t>(random_.below(256))}, bits};
      any.base.value &= any.mask();
      wanted = any;
    }
    api::Network network;
    network.set_id(id);
    network.mutable_spec()->mutable_annotations()->set_name(id);
    if (wanted) network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet(wanted->text());
    auto made = allocator_.allocate_network(network);
    auto expected = naive_.add(id, wanted);
    ASSERT_EQ(made.ok(), expected.has_value()) << (made.ok() ? "" : made.error().text());
    if (!expected) return void(++refused_networks_);
    ASSERT_EQ(made->ipam().configs(0).subnet(), expected->subnet.text());
    ASSERT_EQ(made->driver_state().options().at(std::string(kVxlanIdListOption)), std::to_string(expected->vni));
    stored_[id] = *made;
  }

  // Only empty ones, as the orchestrator does; the others are tested by name.
  void remove_network() {
    for (auto& [id, network] : naive_.networks) {
      if (network.held.size() != 1 || random_.below(2)) continue;
      allocator_.release_network(id);
      ASSERT_FALSE(allocator_.knows_network(id));
      stored_.erase(id);
      naive_.networks.erase(id);
      return;
    }
  }

  std::pair<const std::string, NaiveNetwork>* any_network() {
    if (naive_.networks.empty()) return nullptr;
    auto at = naive_.networks.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random_.below(naive_.networks.size())));
    return &*at;
  }

  static std::string text(uint32_t address, const Subnet& subnet) {
    return InterfaceAddress{Ipv4{address}, subnet.prefix_bits}.text();
  }

  void take_any() {
    auto* chosen = any_network();
    if (!chosen) return;
    auto got = allocator_.allocate_address(chosen->first);
    auto expected = naive_.take(chosen->second, "task" + std::to_string(counter_++));
    ASSERT_EQ(got.ok(), expected.has_value());
    if (!expected) return void(++refused_addresses_);
    ASSERT_EQ(*got, text(*expected, chosen->second.subnet));
  }

  void take_requested() {
    auto* chosen = any_network();
    if (!chosen) return;
    NaiveNetwork& network = chosen->second;
    uint32_t size = network.subnet.last().value - network.subnet.base.value + 1;
    uint32_t address = network.subnet.base.value + static_cast<uint32_t>(random_.below(size));
    bool is_edge = address == network.subnet.base.value || address == network.subnet.last().value;
    bool is_free = !is_edge && !network.held.contains(address);
    auto got = allocator_.allocate_address(chosen->first, Ipv4{address}.text());
    ASSERT_EQ(got.ok(), is_free);
    if (!is_free) return;
    ASSERT_EQ(*got, text(address, network.subnet));
    network.held[address] = "task" + std::to_string(counter_++);
  }

  void remove_address() {
    auto* chosen = any_network();
    if (!chosen) return;
    auto& held = chosen->second.held;
    auto at = held.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random_.below(held.size())));
    allocator_.release_address(chosen->first, text(at->first, chosen->second.subnet));
    if (at->second != "gateway") held.erase(at);  // the gateway must survive the attempt
  }

  // What a new leader reads must be what the old one knew; only the cursors may differ, so they are taken over.
  void check_rebuild() {
    std::vector<api::Task> tasks;
    for (const auto& [id, network] : naive_.networks)
      for (const auto& [address, owner] : network.held) {
        if (owner == "gateway") continue;
        api::Task& task = tasks.emplace_back();
        task.set_id(owner);
        task.mutable_status()->set_state(api::RUNNING);
        api::NetworkAttachment* attachment = task.add_networks();
        *attachment->mutable_network() = stored_.at(id);
        attachment->add_addresses(text(address, network.subnet));
      }
    AllocatedObjects objects;
    for (const auto& [id, network] : stored_) objects.networks.push_back(&network);
    for (const api::Task& task : tasks) objects.tasks.push_back(&task);
    Rebuilt rebuilt = rebuild_allocator(pools_, objects);
    ASSERT_TRUE(rebuilt.problems.empty()) << rebuilt.problems.front().text();
    for (auto& [id, network] : naive_.networks) {
      auto used = rebuilt.allocator.usage(id);
      ASSERT_EQ(used.used, network.held.size());
      ASSERT_EQ(used.used, allocator_.usage(id).used);
      auto next = rebuilt.allocator.allocate_address(id);
      ASSERT_TRUE(!next.ok() || !network.held.contains(InterfaceAddress::parse(*next)->address.value));
    }
  }

  uint64_t seed_ = std::random_device()();
  SeededRandom random_{seed_};
  AddressPools pools_;
  Allocator allocator_;
  Naive naive_;
  std::map<std::string, api::Network> stored_;
  int counter_ = 0, refused_networks_ = 0, refused_addresses_ = 0;
};

TEST_F(AllocatorProperty, it_decides_as_the_naive_reference_does) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  for (int i = 0; i < 20000; ++i) {
    step();
    if (i % 500 == 0) check_rebuild();
    ASSERT_FALSE(HasFatalFailure()) << "step " << i;
  }
  EXPECT_GT(refused_networks_, 0) << "exhausted pools were never met";
  EXPECT_GT(refused_addresses_, 0) << "exhausted subnets were never met";
}

}  // namespace
}  // namespace skein::control
