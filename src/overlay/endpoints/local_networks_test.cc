#include "overlay/endpoints/local_networks.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "store/memory_journal.h"

namespace skein::overlay {
namespace {

namespace asio = boost::asio;

struct LocalNetworksTest : testing::Test {
  asio::io_context loop;
  SeededRandom random{5};
  std::shared_ptr<store::MemoryJournal::Contents> disk = std::make_shared<store::MemoryJournal::Contents>();
  std::unique_ptr<store::Store> store;
  std::unique_ptr<LocalNetworks> networks;
  std::vector<control::HostPrefix> host_prefixes;

  template <class T>
  T run(asio::awaitable<T> work) {
    std::optional<T> out;
    auto keep = [](asio::awaitable<T> work, std::optional<T>& out) -> asio::awaitable<void> {
      out.emplace(co_await std::move(work));
    };
    asio::co_spawn(loop, keep(std::move(work), out), asio::detached);
    loop.restart();
    loop.run();
    SKEIN_ASSERT(out);
    return std::move(*out);
  }

  void start() {
    networks.reset();
    store = std::make_unique<store::Store>(loop.get_executor(), std::make_unique<store::MemoryJournal>(disk),
                                           system_clock());
    ASSERT_TRUE(run(store->open()).ok());
    auto opened = run(LocalNetworks::open(*store, random, host_prefixes));
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    networks = std::move(*opened);
  }

  static store::api::NetworkSpec spec(const std::string& name) {
    store::api::NetworkSpec out;
    out.mutable_annotations()->set_name(name);
    out.mutable_driver_config()->set_name("bridge");
    return out;
  }
};

TEST_F(LocalNetworksTest, the_default_bridge_is_where_docker_has_it) {
  start();
  auto bridge = networks->find("bridge");
  ASSERT_TRUE(bridge.ok());
  NetworkInfo info = networks->info(**bridge);
  EXPECT_EQ(info.subnet.text(), "172.17.0.0/16");
  EXPECT_EQ(info.gateway.text(), "172.17.0.1");
  EXPECT_TRUE(info.is_local && info.is_default_bridge);
  EXPECT_GT(info.vni.value, Vni::kMax) << "no number that a tunnel could carry";
}

// A bridge over the host's own subnet would cut the host off from its neighbours.
TEST_F(LocalNetworksTest, the_hosts_own_subnets_are_avoided) {
  host_prefixes = {{"eth0", *Subnet::parse("172.17.4.0/24")}};
  start();
  EXPECT_EQ(networks->info(**networks->find("bridge")).subnet.text(), "172.18.0.0/16");
}

TEST_F(LocalNetworksTest, a_restart_keeps_networks_and_the_addresses_in_use) {
  start();
  std::string id = *run(networks->create(spec("blue")));
  Ipv4 first = *networks->take_address(id, std::nullopt);
  start();
  ASSERT_TRUE(networks->find("blue").ok());
  networks->keep_address(id, first);
  EXPECT_NE(*networks->take_address(id, std::nullopt), first);
  EXPECT_FALSE(networks->take_address(id, first).ok());
  EXPECT_NE(networks->info(**networks->find("blue")).subnet, networks->info(**networks->find("bridge")).subnet);
}

TEST_F(LocalNetworksTest, names_are_unique_and_the_default_stays) {
  start();
  ASSERT_TRUE(run(networks->create(spec("blue"))).ok());
  EXPECT_EQ(run(networks->create(spec("blue"))).error().what, "network with name blue already exists");
  EXPECT_FALSE(run(networks->remove((*networks->find("bridge"))->id())).ok());
  EXPECT_TRUE(run(networks->remove((*networks->find("blue"))->id())).ok());
  EXPECT_FALSE(networks->find("blue").ok());
}

}  // namespace
}  // namespace skein::overlay
