// The swarm's root can be replaced at any time, through deaths of managers and nodes, and no node is locked out.
#include "manager/ca/root_rotation.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "ca/node_certificate.h"
#include "manager/bootstrap.h"
#include "manager/ca/root_choice.h"
#include "store/memory_journal.h"
#include "wire/join_token.h"

namespace skein::manager {
namespace {

namespace asio = boost::asio;
namespace api = store::api;

// A swarm in memory: the manager is its store; nodes are a certificate and a root on disk, and may be down.
class Swarm {
 public:
  struct Host {
    std::string root_pem, certificate_pem;
    bool is_up = true;
  };

  explicit Swarm(uint64_t seed) : random_(seed) {
    restart();
    InitOptions options;
    options.advertise = {"192.168.1.11", 2377};
    FirstObjects first = *make_first_objects(options, system_clock().wall(), random_);
    change([&](store::Transaction& tx) { tx.create(first.cluster); });
  }

  // The manager is killed and comes back with what is on disk.
  void restart() {
    store_ = std::make_unique<store::Store>(io_.get_executor(), std::make_unique<store::MemoryJournal>(contents_),
                                            system_clock());
    run(store_->open());
  }

  const store::Tables& view() const { return store_->view(); }
  const api::RootCA& root() const { return view().cluster()->root_ca(); }
  store::Ref<api::Node> node(const std::string& id) const { return view().get<api::Node>(id); }

  void add_node(const std::string& id) {
    api::Node node;
    node.set_id(id);
    change([&](store::Transaction& tx) { tx.create(node); });
    hosts[id].root_pem = root().ca_cert();
    hosts[id].certificate_pem = issue(id);
    report(id);
  }
  void remove_node(const std::string& id) {
    change([&](store::Transaction& tx) { tx.remove<api::Node>(id); });
    hosts.erase(id);
  }

  // What CaService does for a renewal.
  std::string issue(const std::string& id) {
    const auto& next = root().root_rotation();
    auto signer = ca::RootCa::load(model::issuing_root(root()),
                                   root().has_root_rotation() ? next.ca_key() : root().ca_key(), now());
    ca::IssueRequest request{*ca::make_csr(ca::make_key(random_)), id, api::WORKER, view().cluster()->id(), {},
                             next.cross_signed_ca_cert()};
    std::string certificate = *signer->issue(request, now(), random_);
    set_state(id, api::IssuanceStatus::ISSUED);
    return certificate;
  }
  void set_state(const std::string& id, api::IssuanceStatus::State state) {
    change([&](store::Transaction& tx) {
      api::Node node = *tx.view().get<api::Node>(id);
      node.mutable_certificate()->mutable_status()->set_state(state);
      tx.update(std::move(node));
    });
  }

  // What a node's registration does. The host's certificate must verify by the root that it has: else it is locked out.
  void report(const std::string& id) {
    auto identity = ca::verify_node_certificate(hosts[id].certificate_pem, hosts[id].root_pem, now());
    ASSERT_TRUE(identity.ok()) << id << ": " << identity.error().text();
    ASSERT_TRUE(ca::verify_node_certificate(hosts[id].certificate_pem, root().ca_cert(), now()).ok())
        << id << " is refused by the manager";
    change([&](store::Transaction& tx) {
      api::Node node = *tx.view().get<api::Node>(id);
      auto* shown = node.mutable_description()->mutable_tls_info();
      shown->set_cert_issuer_subject(identity->issuer_subject_der);
      shown->set_cert_issuer_public_key(identity->issuer_public_key_der);
      tx.update(std::move(node));
    });
  }

  // One turn of a node that is up: does what its session tells it.
  void turn(const std::string& id) {
    Host& host = hosts[id];
    if (!host.is_up) return;
    if (host.root_pem != root().ca_cert()) host.root_pem = root().ca_cert();
    if (node(id)->certificate().status().state() == api::IssuanceStatus::ROTATE) host.certificate_pem = issue(id);
    report(id);
  }

  void rotate() {
    change([&](store::Transaction& tx) {
      api::Cluster cluster = *tx.view().cluster();
      api::CAConfig wanted;
      wanted.set_force_rotate(cluster.root_ca().last_forced_rotation() + 1);
      *cluster.mutable_root_ca() = *choose_root(cluster.root_ca(), wanted, now(), random_);
      tx.update(std::move(cluster));
    });
  }
  RotationOutcome advance(bool may_tell = true) {
    RotationOutcome out{};
    change([&](store::Transaction& tx) { out = *advance_rotation(tx, may_tell, random_); });
    return out;
  }
  // Until the rotation ends; false if it does not.
  bool converge(int turns_max = 20) {
    for (int i = 0; i < turns_max && root().has_root_rotation(); ++i) {
      advance();
      for (auto& [id, host] : hosts) turn(id);
    }
    return !root().has_root_rotation();
  }

  std::map<std::string, Host> hosts;

 private:
  WallTime now() const { return system_clock().wall(); }
  void change(const std::function<void(store::Transaction&)>& decide) {
    run(store_->update([&](store::Transaction& tx) { return decide(tx), Result<void>(); }));
  }
  void run(asio::awaitable<Result<void>> work) {
    std::optional<Result<void>> done;
    asio::co_spawn(io_, std::move(work), [&](std::exception_ptr, Result<void> result) { done = std::move(result); });
    io_.restart();
    io_.run();
    ASSERT_TRUE(done && done->ok());
  }

  asio::io_context io_;
  SeededRandom random_;
  std::shared_ptr<store::MemoryJournal::Contents> contents_ = std::make_shared<store::MemoryJournal::Contents>();
  std::unique_ptr<store::Store> store_;
};

TEST(RootRotation, a_rotation_ends_with_the_new_root_in_force_and_tokens_that_lead_to_it) {
  Swarm swarm(1);
  for (const char* id : {"n1", "n2", "n3"}) swarm.add_node(id);
  const api::RootCA before = swarm.root();
  EXPECT_EQ(swarm.advance(), RotationOutcome::kNone);
  swarm.rotate();
  const std::string next = swarm.root().root_rotation().ca_cert();
  // Nothing of what is in force changes before every node is ready.
  EXPECT_EQ(swarm.root().ca_cert(), before.ca_cert());
  EXPECT_EQ(swarm.root().join_tokens().worker(), before.join_tokens().worker());
  ASSERT_TRUE(swarm.converge());

  EXPECT_EQ(swarm.root().ca_cert(), next);
  EXPECT_EQ(swarm.root().ca_cert_hash(), root_digest(next));
  auto token = wire::JoinToken::parse(swarm.root().join_tokens().worker());
  ASSERT_TRUE(token.ok());
  EXPECT_TRUE(wire::check_root(next, token->digest).ok());
  EXPECT_NE(swarm.root().join_tokens().worker(), swarm.root().join_tokens().manager());
  EXPECT_TRUE(ca::RootCa::load(swarm.root().ca_cert(), swarm.root().ca_key(), system_clock().wall()).ok());
  for (auto& [id, host] : swarm.hosts) swarm.turn(id);
  EXPECT_EQ(swarm.advance(), RotationOutcome::kNone);
}

TEST(RootRotation, nodes_are_told_some_at_a_time_and_each_once) {
  Swarm swarm(2);
  for (size_t i = 0; i < kRotationBatch + 5; ++i) swarm.add_node("n" + std::to_string(100 + i));
  swarm.rotate();
  auto told = [&] {
    size_t count = 0;
    for (const auto& [id, node] : swarm.view().all<api::Node>())
      count += node->certificate().status().state() == api::IssuanceStatus::ROTATE;
    return count;
  };
  EXPECT_EQ(swarm.advance(false), RotationOutcome::kWaiting);
  EXPECT_EQ(told(), 0u);
  EXPECT_EQ(swarm.advance(), RotationOutcome::kTold);
  EXPECT_EQ(told(), kRotationBatch);
  EXPECT_EQ(swarm.advance(), RotationOutcome::kTold);
  EXPECT_EQ(told(), kRotationBatch + 5);
  EXPECT_EQ(swarm.advance(), RotationOutcome::kWaiting);
  EXPECT_EQ(next_rotation_step(swarm.view(), system_clock().wall())->nodes_left, kRotationBatch + 5);
}

TEST(RootRotation, a_node_that_is_down_keeps_it_open_until_it_comes_back) {
  Swarm swarm(3);
  swarm.add_node("n1");
  swarm.add_node("n2");
  swarm.rotate();
  swarm.hosts["n2"].is_up = false;
  EXPECT_FALSE(swarm.converge());
  EXPECT_EQ(next_rotation_step(swarm.view(), system_clock().wall())->nodes_left, 1u);
  swarm.hosts["n2"].is_up = true;
  EXPECT_TRUE(swarm.converge());
}

TEST(RootRotation, removing_the_node_that_is_down_lets_it_end) {
  Swarm swarm(4);
  swarm.add_node("n1");
  swarm.add_node("n2");
  swarm.rotate();
  swarm.hosts["n2"].is_up = false;
  EXPECT_FALSE(swarm.converge());
  swarm.remove_node("n2");
  EXPECT_EQ(swarm.advance(false), RotationOutcome::kFinished);
}

TEST(RootRotation, a_node_that_joins_meanwhile_needs_no_second_certificate) {
  Swarm swarm(5);
  swarm.add_node("n1");
  swarm.rotate();
  swarm.add_node("n2");
  EXPECT_EQ(next_rotation_step(swarm.view(), system_clock().wall())->nodes_due, std::vector<std::string>{"n1"});
  EXPECT_TRUE(swarm.converge());
}

// The node had its certificate issued, and was killed before it was on its disk.
TEST(RootRotation, a_node_that_lost_its_new_certificate_is_told_again) {
  Swarm swarm(6);
  swarm.add_node("n1");
  swarm.rotate();
  swarm.advance();
  (void)swarm.issue("n1");
  swarm.report("n1");  // still with the old one
  EXPECT_EQ(swarm.advance(), RotationOutcome::kTold);
  EXPECT_TRUE(swarm.converge());
}

TEST(RootRotation, a_second_rotation_replaces_the_first) {
  Swarm swarm(7);
  for (const char* id : {"n1", "n2", "n3"}) swarm.add_node(id);
  const std::string before = swarm.root().ca_cert();
  swarm.rotate();
  const std::string first = swarm.root().root_rotation().ca_cert();
  swarm.advance();
  swarm.turn("n1");  // has a certificate of the first
  swarm.rotate();
  const std::string second = swarm.root().root_rotation().ca_cert();
  EXPECT_NE(first, second);
  // The present root vouches for it, which all nodes trust.
  auto chain = swarm.issue("n2");
  EXPECT_TRUE(ca::verify_node_certificate(chain, before, system_clock().wall()).ok());
  ASSERT_TRUE(swarm.converge());
  EXPECT_EQ(swarm.root().ca_cert(), second);
}

// Whatever happens in whatever order, no node is refused, and when all is quiet the rotation ends.
TEST(RootRotation, it_survives_deaths_at_any_point) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Swarm swarm(seed);
    SeededRandom fate(seed);
    for (int i = 0; i < 4; ++i) swarm.add_node("n" + std::to_string(i));
    swarm.rotate();
    for (int step = 0; step < 60; ++step) {
      const std::string id = "n" + std::to_string(fate.below(4));
      switch (fate.below(9)) {
        case 0: swarm.restart(); break;
        case 1: swarm.hosts[id].is_up = !swarm.hosts[id].is_up; break;
        case 2: (void)swarm.issue(id); break;  // and the node is killed before it has it
        case 3:
          if (fate.below(6) == 0) swarm.rotate();
          break;
        case 4:
        case 5: swarm.advance(); break;
        default: swarm.turn(id);
      }
      if (testing::Test::HasFatalFailure()) return;
    }
    for (auto& [id, host] : swarm.hosts) host.is_up = true;
    EXPECT_TRUE(swarm.converge());
    for (auto& [id, host] : swarm.hosts) swarm.turn(id);
  }
}

}  // namespace
}  // namespace skein::manager
