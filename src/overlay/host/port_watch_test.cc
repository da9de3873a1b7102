// Users learn who on which host has a published port; the host looks for it once per change, and says it once.
#include "overlay/host/port_watch.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/addresses_for_test.h"
#include "io/loop/context.h"
#include "overlay/host/fake_host_network.h"

namespace skein::overlay {
namespace {

const IpAddress kEvery = IpAddress::from(Ipv4{});

PortHolder nginx(uint16_t port = 8080, IpAddress address = kEvery) {
  return {IPPROTO_TCP, port, address, "nginx", 812};
}

TEST(PortLabels, name_the_holder_of_each_port_and_where_it_is_called) {
  const IpAddress local = IpAddress::from(ip("127.0.0.53"));
  using Labels = std::map<std::string, std::string>;
  EXPECT_EQ(port_labels({}), Labels{});
  EXPECT_EQ(
      port_labels(
          {nginx(), nginx(), {IPPROTO_UDP, 53, local, "resolved", 7}, {IPPROTO_UDP, 4789, kEvery, "the kernel", 0}}),
      (Labels{{"skein.port.8080/tcp", "nginx (pid 812)"},
              {"skein.port.53/udp", "resolved (pid 7) at 127.0.0.53"},
              {"skein.port.4789/udp", "the kernel"}}));
}

TEST(PortLabels, are_few_and_short_whatever_there_is) {
  std::vector<PortHolder> many;
  for (uint16_t port = 1; port <= 1000; ++port) many.push_back(nginx(port));
  EXPECT_EQ(port_labels(many).size(), 100u);
  many.clear();
  for (uint32_t i = 1; i <= 5; ++i) many.push_back(nginx(8080, IpAddress::from(Ipv4{i})));
  EXPECT_EQ(port_labels(many).at("skein.port.8080/tcp"),
            "nginx (pid 812) at 0.0.0.1, nginx (pid 812) at 0.0.0.2, nginx (pid 812) at 0.0.0.3 and 2 more");
}

struct SlowKernel final : FakeHostNetwork {
  int turns = 0;  // of the loop, until the answer comes

  boost::asio::awaitable<Result<std::vector<PortHolder>>> find_port_holders(PublishedPorts ports) override {
    auto out = co_await FakeHostNetwork::find_port_holders(std::move(ports));
    const auto executor = co_await boost::asio::this_coro::executor;
    for (int i = 0; i < turns; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable);
    co_return out;
  }
};

struct Watch : testing::Test {
  io::Context loop{1};
  io::TaskScope tasks{loop.get_executor()};
  SlowKernel kernel;
  int told = 0;
  PortWatch watch{tasks, kernel, [this] { ++told; }};
  ~Watch() override { loop.drop_all(); }

  void settle() {
    loop.restart();
    loop.poll();
  }
  void publish(std::initializer_list<uint16_t> ports, Ipv4 service = ip("10.0.0.5")) {
    PublishedPorts all;
    for (uint16_t port : ports) all[{IPPROTO_TCP, std::nullopt, port}] = {Vni{4096}, service, 80};
    watch.look_at(all);
    settle();
  }
  void look_again() {
    watch.look_again();
    settle();
  }
};

TEST_F(Watch, nobody_is_looked_for_while_nothing_is_published) {
  publish({});
  look_again();
  EXPECT_EQ(kernel.looks, 0);
}

TEST_F(Watch, looks_when_other_ports_are_published_and_not_for_where_they_lead) {
  publish({8080});
  EXPECT_EQ(kernel.looks, 1);
  publish({8080}, ip("10.0.0.6"));
  EXPECT_EQ(kernel.looks, 1);
  publish({8080, 8081});
  EXPECT_EQ(kernel.looks, 2);
}

TEST_F(Watch, tells_once_who_came_and_once_who_went) {
  kernel.holders = {nginx(8081), nginx()};
  publish({8080, 8081});
  EXPECT_EQ(watch.holders(), (std::vector<PortHolder>{nginx(8080), nginx(8081)}));
  EXPECT_EQ(told, 1);
  std::swap(kernel.holders[0], kernel.holders[1]);
  look_again();
  EXPECT_EQ(told, 1);
  kernel.holders.clear();
  look_again();
  EXPECT_TRUE(watch.holders().empty());
  EXPECT_EQ(told, 2);
}

TEST_F(Watch, a_port_that_is_published_no_more_is_held_by_nobody) {
  kernel.holders = {nginx()};
  publish({8080});
  publish({});
  EXPECT_TRUE(watch.holders().empty());
  EXPECT_EQ(told, 2);
}

TEST_F(Watch, what_cannot_be_looked_at_stays_as_it_was) {
  kernel.holders = {nginx()};
  publish({8080});
  kernel.holders_unknown = make_error(Code::kUnavailable, "no sock_diag");
  look_again();
  EXPECT_EQ(watch.holders().size(), 1u);
  EXPECT_EQ(told, 1);
}

TEST_F(Watch, what_changes_during_a_look_is_looked_at_as_well) {
  kernel.holders = {nginx(8081)};
  kernel.turns = 3;
  watch.look_at({{{IPPROTO_TCP, std::nullopt, 8080}, {}}});
  while (kernel.looks == 0) loop.poll_one();
  watch.look_at({{{IPPROTO_TCP, std::nullopt, 8081}, {}}});
  settle();
  EXPECT_EQ(watch.holders().size(), 1u);
  EXPECT_EQ(watch.holders().at(0).port, 8081);
}

}  // namespace
}  // namespace skein::overlay
