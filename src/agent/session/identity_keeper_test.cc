// A node must never be without a certificate that its swarm accepts: not when the manager asks for a new one, not when
// the root changes, not when the disk is full, not when it was away.
#include "agent/session/identity_keeper.h"

#include "io/rpc/loopback_for_test.h"
#include "wire/proto/ca.pb.h"

namespace skein::agent {
namespace {

namespace api = model::api;
using api::IssuanceStatus;

struct IdentityKeeperTest : rpc::Loopback {
  WallTime now = system_clock().wall();
  SeededRandom random{9};
  ca::RootCa present = *ca::RootCa::create(now, random);
  ca::RootCa next = *ca::RootCa::create(now, random);
  std::string intermediate = *present.cross_sign(next.bundle_pem());

  // What the manager does.
  const ca::RootCa* signer = &present;
  std::string appended;  // to the chain
  std::string told_root = present.bundle_pem();
  std::string issued_to = "node1";
  api::Certificate last;
  int renewals = 0;

  bool can_save = true;
  std::vector<Identity> saved;
  int changes = 0;
  Identity first = identity_of("node1", api::WORKER);
  std::shared_ptr<rpc::TlsConfig> tls = rpc::tls_of({first.root_pem, first.certificate_pem, first.key_pem});
  io::TaskScope tasks{io.get_executor()};
  std::unique_ptr<IdentityKeeper> keeper;

  IdentityKeeperTest() {
    Identity manager = identity_of("manager1", api::MANAGER);
    server_tls = rpc::tls_of({manager.root_pem, manager.certificate_pem, manager.key_pem});
    serve();
    IdentityHooks hooks;
    hooks.save = [this](const Identity& identity) -> Result<void> {
      // Not in use yet: a node killed here comes back with what is on disk.
      EXPECT_NE(tls->identity().chain_pem + tls->identity().root_pem, identity.certificate_pem + identity.root_pem);
      if (!can_save) return make_error(Code::kUnavailable, "the disk is full");
      saved.push_back(identity);
      return {};
    };
    hooks.managers = [this] { return std::vector<HostPort>{{"127.0.0.1", port}}; };
    hooks.on_changed = [this] {
      EXPECT_EQ(tls->identity().chain_pem, saved.back().certificate_pem);
      ++changes;
    };
    keeper = std::make_unique<IdentityKeeper>(tasks, rpc::tcp_transport(), first, hooks, tls, system_clock(), random);
    keeper->start();
  }
  ~IdentityKeeperTest() override {
    bool is_closed = false;
    boost::asio::co_spawn(io, tasks.close(), [&](const std::exception_ptr&) { is_closed = true; });
    EXPECT_TRUE(run_until([&] { return is_closed; }));
  }

  Identity identity_of(const std::string& id, ca::NodeRole role) {
    Identity out;
    out.root_pem = present.bundle_pem();
    out.key_pem = ca::make_key(random);
    out.certificate_pem = *present.issue({*ca::make_csr(out.key_pem), id, role, "cluster1", {}, {}}, now, random);
    out.node = *ca::verify_node_certificate(out.certificate_pem, out.root_pem, now);
    return out;
  }

  void register_methods() override {
    server->unary<api::IssueNodeCertificateRequest, api::IssueNodeCertificateResponse>(
        "/docker.swarmkit.v1.NodeCA/IssueNodeCertificate",
        [this](const rpc::Call& call, const api::IssueNodeCertificateRequest& request)
            -> rpc::awaitable<Result<api::IssueNodeCertificateResponse>> {
          EXPECT_EQ(call.peer().common_name, "node1");
          ++renewals;
          last.set_csr(request.csr());
          ca::IssueRequest wanted{request.csr(), issued_to, api::WORKER, "cluster1", {}, appended};
          last.set_certificate(*signer->issue(wanted, now, random));
          api::IssueNodeCertificateResponse out;
          out.set_node_id("node1");
          co_return out;
        });
    server->unary<api::NodeCertificateStatusRequest, api::NodeCertificateStatusResponse>(
        "/docker.swarmkit.v1.NodeCA/NodeCertificateStatus",
        [this](const rpc::Call&,
               const api::NodeCertificateStatusRequest&) -> rpc::awaitable<Result<api::NodeCertificateStatusResponse>> {
          api::NodeCertificateStatusResponse out;
          out.mutable_status()->set_state(IssuanceStatus::ISSUED);
          *out.mutable_certificate() = last;
          co_return out;
        });
    server->unary<api::GetRootCACertificateRequest, api::GetRootCACertificateResponse>(
        "/docker.swarmkit.v1.CA/GetRootCACertificate",
        [this](const rpc::Call&,
               const api::GetRootCACertificateRequest&) -> rpc::awaitable<Result<api::GetRootCACertificateResponse>> {
          api::GetRootCACertificateResponse out;
          out.set_certificate(told_root);
          co_return out;
        });
  }
  void begin_rotation() {
    signer = &next;
    appended = intermediate;
  }
  bool renew() {
    keeper->take_state(IssuanceStatus::ROTATE);
    int before = changes;
    return run_until([&] { return changes > before; });
  }
};

TEST_F(IdentityKeeperTest, renews_at_once_when_asked_and_only_once) {
  begin_rotation();
  keeper->take_state(IssuanceStatus::ISSUED);
  ASSERT_TRUE(renew());
  EXPECT_EQ(keeper->identity().node.issuer_public_key_der, next.public_key_der());
  EXPECT_EQ(keeper->identity().root_pem, present.bundle_pem());
  EXPECT_NE(keeper->identity().key_pem, first.key_pem);
  keeper->take_state(IssuanceStatus::ISSUED);
  io.run_for(std::chrono::milliseconds(1));
  EXPECT_EQ(renewals, 1);
}

TEST_F(IdentityKeeperTest, takes_over_a_root_only_when_it_vouches_for_its_certificate) {
  keeper->take_root(next.bundle_pem());
  EXPECT_EQ(changes, 0);
  EXPECT_EQ(keeper->identity().root_pem, present.bundle_pem());
  begin_rotation();
  ASSERT_TRUE(renew());
  ca::RootCa foreign = *ca::RootCa::create(now, random);
  keeper->take_root(foreign.bundle_pem());
  EXPECT_EQ(changes, 1);
  keeper->take_root(next.bundle_pem());
  EXPECT_EQ(changes, 2);
  EXPECT_EQ(saved.back().root_pem, next.bundle_pem());
  EXPECT_EQ(tls->identity().root_pem, next.bundle_pem());
}

TEST_F(IdentityKeeperTest, uses_nothing_that_is_not_on_disk_and_tries_again) {
  begin_rotation();
  can_save = false;
  keeper->take_state(IssuanceStatus::ROTATE);
  ASSERT_TRUE(run_until([&] { return renewals == 1; }));
  io.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(changes, 0);
  EXPECT_EQ(tls->identity().chain_pem, first.certificate_pem);
  can_save = true;
  EXPECT_TRUE(renew());
}

// It converged, was cut off while the rotation ended, and renews in its own time: nothing shows the old root any more.
TEST_F(IdentityKeeperTest, learns_the_root_whose_change_it_missed_from_the_manager) {
  begin_rotation();
  ASSERT_TRUE(renew());
  appended.clear();
  told_root = next.bundle_pem();
  ASSERT_TRUE(renew());
  EXPECT_EQ(keeper->identity().root_pem, next.bundle_pem());
}

TEST_F(IdentityKeeperTest, refuses_a_certificate_of_another_root_or_node) {
  ca::RootCa foreign = *ca::RootCa::create(now, random);
  signer = &foreign;
  told_root = foreign.bundle_pem();
  keeper->take_state(IssuanceStatus::ROTATE);
  ASSERT_TRUE(run_until([&] { return renewals == 1; }));
  io.run_for(std::chrono::milliseconds(50));
  signer = &present;
  issued_to = "node2";
  keeper->take_state(IssuanceStatus::ROTATE);
  ASSERT_TRUE(run_until([&] { return renewals == 2; }));
  io.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(changes, 0);
  issued_to = "node1";
  EXPECT_TRUE(renew());
}

}  // namespace
}  // namespace skein::agent
