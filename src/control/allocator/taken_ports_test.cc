// A published port of the mesh belongs to one service, whatever transactions tried in between, and an automatic one
// stays with its service and is not given to another soon.
#include "control/allocator/taken_ports.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>

#include "base/random.h"
#include "store/memory_journal.h"
#include "store/store.h"

namespace skein::control {
namespace {

using Port = api::PortConfig;

Port port(uint32_t target, uint32_t published = 0, Port::Mode mode = Port::INGRESS, Port::Protocol protocol = Port::TCP,
          const std::string& name = "") {
  Port out;
  out.set_target_port(target);
  out.set_published_port(published);
  out.set_publish_mode(mode);
  out.set_protocol(protocol);
  out.set_name(name);
  return out;
}

class TakenPortsTest : public testing::Test {
 protected:
  // As a service's request does it: asked, written.
  static Result<void> put(store::Transaction& tx, const std::string& id, const std::vector<Port>& wanted) {
    auto before = tx.view().get<api::Service>(id);
    api::Service service = before ? *before : api::Service();
    service.set_id(id);
    service.mutable_spec()->mutable_annotations()->set_name("name-of-" + id);
    service.mutable_spec()->mutable_endpoint()->clear_ports();
    for (const auto& one : wanted) *service.mutable_spec()->mutable_endpoint()->add_ports() = one;
    SKEIN_TRY_ASSIGN(*service.mutable_endpoint()->mutable_ports(),
                     tx.view().index<TakenPorts>().choose(service, tx.view()));
    if (before)
      tx.update(service);
    else
      tx.create(service);
    return {};
  }
  Result<void> change(const std::function<Result<void>(store::Transaction&)>& decide) {
    Result<void> out;
    auto run = [&]() -> boost::asio::awaitable<void> { out = co_await store_.update(decide); };
    boost::asio::co_spawn(io_, run(), boost::asio::detached);
    io_.restart();
    io_.poll();
    return out;
  }
  // The published ports that the service has now, or why not.
  std::string put(const std::string& id, const std::vector<Port>& wanted) {
    auto done = change([&](store::Transaction& tx) { return put(tx, id, wanted); });
    return done.ok() ? published(id) : done.error().what;
  }
  void remove(const std::string& id) {
    ASSERT_TRUE(change([&](store::Transaction& tx) { return tx.remove<api::Service>(id), Result<void>(); }).ok());
  }
  std::string published(const std::string& id) const {
    std::string out;
    for (const auto& one : store_.view().get<api::Service>(id)->endpoint().ports())
      out += (out.empty() ? "" : " ") + std::to_string(one.published_port());
    return out;
  }

  boost::asio::io_context io_;
  std::shared_ptr<store::MemoryJournal::Contents> disk_ = std::make_shared<store::MemoryJournal::Contents>();
  store::Store store_{io_.get_executor(), std::make_unique<store::MemoryJournal>(disk_), system_clock()};
};

TEST_F(TakenPortsTest, automatic_ports_come_one_after_the_other_and_not_again_soon) {
  EXPECT_EQ(put("p1", {port(80)}), "30000");
  EXPECT_EQ(put("p2", {port(80)}), "30001");
  EXPECT_EQ(put("p3", {port(80)}), "30002");
  remove("p2");
  EXPECT_EQ(put("p4", {port(80)}), "30003");
  EXPECT_EQ(put("p5", {port(80, 30'005)}), "30005") << "one of the automatic ones, on request";
  EXPECT_EQ(put("p6", {port(80), port(81)}), "30004 30006");
  EXPECT_EQ(put("u", {port(80, 0, Port::INGRESS, Port::UDP)}), "30000") << "each protocol for itself";
}

TEST_F(TakenPortsTest, after_the_last_automatic_port_the_first_free_one_comes) {
  std::vector<Port> all;
  for (uint32_t number = kAutomaticPortFirst; number < kAutomaticPortLast; ++number) all.push_back(port(number));
  ASSERT_NE(put("all", all), "");
  EXPECT_EQ(put("last", {port(80)}), "32767");
  EXPECT_EQ(put("beyond", {port(80)}), "no port is free to be published");
  all.erase(all.begin() + 7);
  ASSERT_NE(put("all", all), "");
  EXPECT_EQ(put("beyond", {port(80)}), "30007");
}

TEST_F(TakenPortsTest, an_update_keeps_the_port_of_the_same_protocol_target_and_name) {
  EXPECT_EQ(put("web", {port(80), port(81), port(80, 0, Port::INGRESS, Port::UDP),
                        port(80, 0, Port::INGRESS, Port::TCP, "b")}),
            "30000 30001 30000 30002");
  EXPECT_EQ(put("web", {port(80, 0, Port::INGRESS, Port::TCP, "b"), port(81), port(82), port(80)}),
            "30002 30001 30003 30000");
  EXPECT_EQ(put("web", {port(80, 30'001), port(81)}), "30001 30004") << "what is asked for comes first";
  EXPECT_EQ(put("web", {port(80)}), "30001") << "as Docker, also one that the user had chosen";
  EXPECT_EQ(put("web", {port(80, 0, Port::HOST)}), "0");
  EXPECT_EQ(put("other", {port(80, 30'000), port(81, 30'001)}), "30000 30001") << "what is given up is free";
}

TEST_F(TakenPortsTest, a_port_is_refused_in_the_name_of_who_has_it) {
  put("auto", {port(80)});
  put("h", {port(80, 8081, Port::HOST)});
  EXPECT_EQ(put("x", {port(80, 30'000)}),
            "port '30000' is already in use by service 'name-of-auto' (auto) as an ingress port");
  EXPECT_EQ(put("x", {port(80, 30'000, Port::HOST)}),
            "port '30000' is already in use by service 'name-of-auto' (auto) as an ingress port");
  EXPECT_EQ(put("x", {port(80, 8081)}),
            "port '8081' is already in use by service 'name-of-h' (h) as a host-published port");
  EXPECT_EQ(put("x", {port(80, 8081, Port::HOST)}), "8081");
  EXPECT_EQ(put("y", {port(80, 30'000, Port::INGRESS, Port::UDP)}), "30000");
}

TEST_F(TakenPortsTest, whoever_begins_with_the_objects_goes_on_behind_them) {
  put("p1", {port(80)});
  put("p2", {port(80), port(81)});
  remove("p1");
  const store::Tables copy = store_.view();
  api::Service next;
  next.set_id("next");
  *next.mutable_spec()->mutable_endpoint()->add_ports() = port(80);
  EXPECT_EQ(copy.index<TakenPorts>().choose(next, copy)->at(0).published_port(), 30'003u);
}

TEST_F(TakenPortsTest, what_is_given_back_is_said) {
  auto service = [](std::initializer_list<Port> ports) {
    api::Service out;
    for (const auto& one : ports) *out.mutable_endpoint()->add_ports() = one;
    return std::make_shared<const api::Service>(out);
  };
  auto gives = [](const store::Ref<api::Service>& before, const store::Ref<api::Service>& after) {
    return gives_back_port({store::Kind::kService, "s", before, after});
  };
  EXPECT_TRUE(gives(service({port(80, 8080)}), nullptr));
  EXPECT_TRUE(gives(service({port(80, 8080), port(81, 8081)}), service({port(80, 8080)})));
  EXPECT_FALSE(gives(service({port(80, 8080)}), service({port(81, 8080)})));
  EXPECT_FALSE(gives(service({port(80, 8080, Port::HOST)}), nullptr));
  EXPECT_FALSE(gives(nullptr, service({port(80, 8080)})));
}

// The same by looking at all services.
class Reference {
 public:
  Result<std::vector<Port>> choose(const std::string& id, std::vector<Port> wanted, const store::Tables& view) {
    for (const auto& one : wanted)
      if (one.published_port() != 0 && is_refused(one, id, view)) return make_error(Code::kInvalidArgument, "");
    std::vector<Port> had;
    if (auto service = view.get<api::Service>(id))
      had.assign(service->endpoint().ports().begin(), service->endpoint().ports().end());
    auto is_given = [&](const Port& other) {
      return std::ranges::any_of(wanted, [&](const Port& one) { return is_same(one, other); });
    };
    std::erase_if(had, [&](const Port& one) {
      return one.publish_mode() != Port::INGRESS || one.published_port() == 0 || is_given(one);
    });
    for (auto& one : wanted) {
      if (!is_open(one)) continue;
      auto kept = std::ranges::find_if(had, [&](const Port& other) {
        return other.protocol() == one.protocol() && other.target_port() == one.target_port() &&
               other.name() == one.name();
      });
      if (kept == had.end()) continue;
      one.set_published_port(kept->published_port());
      had.erase(kept);
    }
    for (auto& one : wanted) {
      if (!is_open(one)) continue;
      uint32_t& next = next_.try_emplace(one.protocol(), kAutomaticPortFirst).first->second;
      uint32_t tried = kAutomaticPortFirst;
      for (; tried <= kAutomaticPortLast; ++tried) {
        one.set_published_port(next);
        next = next == kAutomaticPortLast ? kAutomaticPortFirst : next + 1;
        if (!is_held(one, view) && std::ranges::count_if(wanted, [&](auto& two) { return is_same(one, two); }) == 1)
          break;
      }
      if (tried > kAutomaticPortLast) return make_error(Code::kResourceExhausted, "");
    }
    return wanted;
  }
  static bool is_refused(const Port& wanted, const std::string& id, const store::Tables& view) {
    for (const auto& [other, service] : view.all<api::Service>())
      for (const auto& one : service->endpoint().ports())
        if (other != id && is_same(one, wanted) &&
            (one.publish_mode() == Port::INGRESS || wanted.publish_mode() == Port::INGRESS))
          return true;
    return false;
  }

 private:
  static bool is_open(const Port& one) { return one.publish_mode() == Port::INGRESS && one.published_port() == 0; }
  static bool is_same(const Port& one, const Port& two) {
    return one.protocol() == two.protocol() && one.published_port() == two.published_port();
  }
  static bool is_held(const Port& wanted, const store::Tables& view) {
    for (const auto& [id, service] : view.all<api::Service>())
      for (const auto& one : service->endpoint().ports())
        if (is_same(one, wanted)) return true;
    return false;
  }
  std::map<Port::Protocol, uint32_t> next_;
};

std::vector<Port> random_ports(SeededRandom& dice) {
  std::vector<Port> out;
  std::set<std::pair<Port::Protocol, uint32_t>> given;
  for (uint64_t i = dice.below(4); i-- > 0;) {
    const auto protocol = dice.below(3) == 0 ? Port::UDP : Port::TCP;
    const auto mode = dice.below(4) == 0 ? Port::HOST : Port::INGRESS;
    const auto first = dice.below(2) == 0 ? kAutomaticPortFirst : 8080;
    const auto published = dice.below(2) == 0 ? 0 : first + static_cast<uint32_t>(dice.below(6));
    if (published != 0 && !given.emplace(protocol, published).second) continue;  // refused by the check of specs
    out.push_back(port(80 + static_cast<uint32_t>(dice.below(3)), published, mode, protocol, dice.below(4) ? "" : "n"));
  }
  return out;
}

// Random transactions, some of which are refused or not stored, where few automatic ports are left.
TEST_F(TakenPortsTest, it_decides_as_who_looks_at_all_services) {
  std::vector<Port> most;
  for (uint32_t number = kAutomaticPortFirst + 6; number <= kAutomaticPortLast; ++number)
    for (auto protocol : {Port::TCP, Port::UDP}) most.push_back(port(80, number, Port::INGRESS, protocol));
  ASSERT_TRUE(change([&](store::Transaction& tx) { return put(tx, "most", most); }).ok());
  Reference reference;
  SeededRandom dice(17);
  std::map<Code, int> seen;
  for (int step = 0; step < 3'000; ++step) {
    disk_->is_failing = dice.below(6) == 0;
    (void)change([&](store::Transaction& tx) -> Result<void> {
      for (uint64_t i = 1 + dice.below(3); i-- > 0;) {
        const std::string id = "s" + std::to_string(dice.below(8));
        if (tx.view().get<api::Service>(id) && dice.below(3) == 0) {
          tx.remove<api::Service>(id);
          continue;
        }
        const auto wanted = random_ports(dice);
        auto expected = reference.choose(id, wanted, tx.view());
        auto done = put(tx, id, wanted);
        ++seen[done.ok() ? Code::kOk : done.error().code];
        EXPECT_EQ(done.ok() ? Code::kOk : done.error().code, expected.ok() ? Code::kOk : expected.error().code) << step;
        if (!done.ok() || !expected.ok()) continue;
        const auto service = tx.view().get<api::Service>(id);
        for (int at = 0; at < service->endpoint().ports_size(); ++at)
          EXPECT_EQ(service->endpoint().ports(at).published_port(),
                    expected->at(static_cast<size_t>(at)).published_port())
              << step;
      }
      return dice.below(4) == 0 ? Result<void>(make_error(Code::kAborted, "no")) : Result<void>();
    });
    for (uint32_t number : {8080u, 8083u, kAutomaticPortFirst, kAutomaticPortFirst + 5})
      for (auto mode : {Port::INGRESS, Port::HOST}) {
        const auto probe = port(80, number, mode);
        EXPECT_NE(store_.view().index<TakenPorts>().check_free(probe, "s0", store_.view()).ok(),
                  Reference::is_refused(probe, "s0", store_.view()))
            << step;
      }
    if (HasFailure()) return;
  }
  EXPECT_GT(seen[Code::kOk], 500);
  EXPECT_GT(seen[Code::kInvalidArgument], 500);
  EXPECT_GT(seen[Code::kResourceExhausted], 50);
}

}  // namespace
}  // namespace skein::control
