// Whoever gets past the handshake is believed to be the node that its certificate names; whoever is wrongly refused
// there drops out of the swarm.
#include "io/rpc/tls/tls.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "io/rpc/tls/certificates_for_test.h"
#include "io/rpc/tls/tls_machine.h"

namespace skein::rpc {
namespace {

std::shared_ptr<TlsConfig> config_of(const TlsIdentity& identity) {
  Result<std::shared_ptr<TlsConfig>> config = TlsConfig::create(identity);
  EXPECT_TRUE(config.ok()) << config.error().text();
  return *config;
}

struct Handshake {
  Result<void> client;
  Result<void> server;
  Peer seen_by_server;
  bool is_open = false;
};

// Carries bytes between two ends until neither has any, and one byte of data each way.
Handshake shake(TlsMachine& client, TlsMachine& server) {
  Handshake outcome;
  std::string plain;
  for (int round = 0; round < 10; ++round) {
    if (std::string bytes = client.take_output(); !bytes.empty() && outcome.server.ok())
      outcome.server = server.receive(bytes, plain);
    if (std::string bytes = server.take_output(); !bytes.empty() && outcome.client.ok())
      outcome.client = client.receive(bytes, plain);
  }
  outcome.is_open = outcome.client.ok() && outcome.server.ok() && client.is_open() && server.is_open();
  if (!outcome.is_open) return outcome;
  outcome.seen_by_server = server.peer();
  plain.clear();
  EXPECT_TRUE(client.send("to the server").ok());
  EXPECT_TRUE(server.receive(client.take_output(), plain).ok());
  EXPECT_TRUE(server.send(", and back").ok());
  EXPECT_TRUE(client.receive(server.take_output(), plain).ok());
  EXPECT_EQ(plain, "to the server, and back");
  return outcome;
}

Handshake shake(const ClientTls& client_tls, const TlsConfig& server_config) {
  auto client = TlsMachine::client(client_tls);
  auto server = TlsMachine::server(server_config);
  EXPECT_TRUE(client.ok() && server.ok());
  return shake(**client, **server);
}

const TestSubject kWorker{.common_name = "worker1", .organizational_unit = "swarm-worker", .names = {"swarm-worker"}};

TEST(Tls, a_node_is_known_by_the_subject_of_its_certificate) {
  TestCa ca;
  auto server = config_of(ca.issue({}));
  Handshake outcome = shake(ClientTls::verified(config_of(ca.issue(kWorker)), "swarm-manager"), *server);
  ASSERT_TRUE(outcome.is_open);
  EXPECT_TRUE(outcome.seen_by_server.has_certificate);
  EXPECT_EQ(outcome.seen_by_server.common_name, "worker1");
  EXPECT_EQ(outcome.seen_by_server.organizational_unit, "swarm-worker");
  EXPECT_EQ(outcome.seen_by_server.organization, "cluster1");
  EXPECT_GT(outcome.seen_by_server.certificate_der.size(), 100u);
}

TEST(Tls, a_joining_node_needs_no_certificate) {
  TestCa ca;
  auto server = config_of(ca.issue({}));
  Handshake bootstrap = shake(ClientTls::unverified(), *server);
  EXPECT_TRUE(bootstrap.is_open);
  EXPECT_FALSE(bootstrap.seen_by_server.has_certificate);
  Handshake issue = shake(ClientTls::verified(config_of({ca.root_pem(), "", ""}), "swarm-ca"), *server);
  EXPECT_TRUE(issue.is_open);
  EXPECT_EQ(issue.seen_by_server.common_name, "");
}

TEST(Tls, a_manager_of_another_swarm_or_name_or_time_is_refused_with_the_reason) {
  TestCa ca, other;
  auto client = config_of(ca.issue(kWorker));
  auto refusal = [&](const TlsIdentity& server, const std::string& name) {
    Handshake outcome = shake(ClientTls::verified(client, name), *config_of(server));
    EXPECT_FALSE(outcome.client.ok());
    return outcome.client.ok() ? Error{} : outcome.client.error();
  };
  EXPECT_EQ(refusal(other.issue({}), "swarm-manager").code, Code::kUnauthenticated);
  EXPECT_NE(refusal(other.issue({}), "swarm-manager").because.find("x509: "), std::string::npos);
  EXPECT_NE(refusal(ca.issue({.names = {"swarm-worker"}}), "swarm-manager").because.find("x509: hostname mismatch"),
            std::string::npos);
  EXPECT_NE(refusal(ca.issue({.names = {}, .valid_from_seconds = -10}), "node1").because.find("hostname mismatch"),
            std::string::npos)
      << "the CN must not stand in for the missing SAN";
  EXPECT_NE(refusal(ca.issue({.valid_from_seconds = -7200, .valid_to_seconds = -60}), "swarm-manager")
                .because.find("x509: certificate has expired"),
            std::string::npos);
}

TEST(Tls, a_worker_with_a_strange_or_expired_certificate_is_refused_and_told_so) {
  TestCa ca, other;
  auto server = config_of(ca.issue({}));
  TlsIdentity stranger = other.issue(kWorker);
  stranger.root_pem = ca.root_pem();
  TestSubject expired = kWorker;
  expired.valid_to_seconds = -60;
  for (const TlsIdentity& identity : {stranger, ca.issue(expired)}) {
    Handshake outcome = shake(ClientTls::verified(config_of(identity), "swarm-manager"), *server);
    ASSERT_FALSE(outcome.server.ok());
    EXPECT_EQ(outcome.server.error().code, Code::kUnauthenticated);
    ASSERT_FALSE(outcome.client.ok());
    EXPECT_EQ(outcome.client.error().code, Code::kUnauthenticated);
    EXPECT_NE(outcome.client.error().because.find("x509: the peer refused our certificate"), std::string::npos);
  }
}

TEST(Tls, a_replaced_identity_is_used_by_the_next_handshake) {
  TestCa ca, next;
  auto server = config_of(ca.issue({}));
  auto client = config_of(ca.issue(kWorker));
  ASSERT_TRUE(server->replace(next.issue({})).ok());
  EXPECT_FALSE(shake(ClientTls::verified(client, "swarm-manager"), *server).is_open);
  ASSERT_TRUE(client->replace(next.issue(kWorker)).ok());
  EXPECT_TRUE(shake(ClientTls::verified(client, "swarm-manager"), *server).is_open);
}

TEST(Tls, an_open_connection_outlives_the_replacement_of_its_identity) {
  TestCa ca;
  auto server_config = config_of(ca.issue({}));
  auto client_config = config_of(ca.issue(kWorker));
  auto client = TlsMachine::client(ClientTls::verified(client_config, "swarm-manager"));
  auto server = TlsMachine::server(*server_config);
  ASSERT_TRUE(server_config->replace(TestCa().issue({})).ok());
  ASSERT_TRUE(client_config->replace(TestCa().issue({})).ok());
  EXPECT_TRUE(shake(**client, **server).is_open);
}

TEST(Tls, a_broken_replacement_leaves_the_old_identity_in_use) {
  TestCa ca;
  auto server = config_of(ca.issue({}));
  TlsIdentity good = server->identity();
  TlsIdentity wrong_key = good;
  wrong_key.key_pem = ca.issue({}).key_pem;
  TlsIdentity cut = good;
  cut.chain_pem.resize(cut.chain_pem.size() / 2);
  for (const TlsIdentity& bad : {wrong_key, cut, TlsIdentity{"no pem", good.chain_pem, good.key_pem},
                                 TlsIdentity{good.root_pem, good.chain_pem, ""}}) {
    Result<void> replaced = server->replace(bad);
    ASSERT_FALSE(replaced.ok());
    EXPECT_EQ(replaced.error().code, Code::kInvalidArgument);
  }
  EXPECT_EQ(server->identity().chain_pem, good.chain_pem);
  EXPECT_TRUE(shake(ClientTls::verified(config_of(ca.issue(kWorker)), "swarm-manager"), *server).is_open);
}

TEST(Tls, nodes_on_both_sides_of_a_root_rotation_understand_each_other) {
  TestCa older, newer;
  auto with_intermediate = [&](TlsIdentity identity) {
    identity.chain_pem += newer.cross_signed_by(older);
    identity.root_pem = older.root_pem();  // the new bundle comes only at the end of the rotation
    return identity;
  };
  auto old_manager = config_of(older.issue({}));
  auto new_manager = config_of(with_intermediate(newer.issue({})));
  auto old_worker = config_of(older.issue(kWorker));
  auto new_worker = config_of(with_intermediate(newer.issue(kWorker)));
  for (const auto& manager : {old_manager, new_manager})
    for (const auto& worker : {old_worker, new_worker})
      EXPECT_TRUE(shake(ClientTls::verified(worker, "swarm-manager"), *manager).is_open);
  auto bundle = config_of({older.root_pem() + newer.root_pem(), "", ""});
  EXPECT_TRUE(shake(ClientTls::verified(bundle, "swarm-ca"), *new_manager).is_open);
  EXPECT_TRUE(shake(ClientTls::verified(bundle, "swarm-ca"), *old_manager).is_open);
}

// A host may be away when the rotation ends, and the manager renew its certificate before it comes back.
TEST(Tls, a_node_that_missed_the_end_of_a_root_rotation_trusts_the_next_root) {
  TestCa older, newer, foreign;
  TlsIdentity identity = newer.issue(kWorker);
  identity.root_pem = older.root_pem();
  identity.chain_pem += newer.cross_signed_by(older);
  auto late = config_of(identity);
  auto manager = config_of(newer.issue({}));
  EXPECT_TRUE(shake(ClientTls::verified(late, "swarm-manager"), *manager).is_open);

  // What no root has signed is not trusted for being in the chain: a stranger's root, and the stranger as next root.
  identity.chain_pem += foreign.root_pem() + foreign.cross_signed_by(newer);
  auto fooled = config_of(identity);
  EXPECT_FALSE(shake(ClientTls::verified(fooled, "swarm-manager"), *config_of(foreign.issue({}))).is_open);
  // A leaf is no authority: one that the chain ends at says nothing about others.
  auto plain = config_of(older.issue(kWorker));
  EXPECT_FALSE(shake(ClientTls::verified(plain, "swarm-manager"), *manager).is_open);
}

TEST(Tls, a_server_needs_a_certificate) {
  TestCa ca;
  auto server = TlsMachine::server(*config_of({ca.root_pem(), "", ""}));
  ASSERT_FALSE(server.ok());
  EXPECT_EQ(server.error().code, Code::kFailedPrecondition);
}

// The recorded ClientHellos of Docker 20.10.24: with ALPN, without SNI, and (after a renewal) without ALPN.
TEST(Tls, every_client_hello_of_docker_is_answered_with_a_server_hello) {
  constexpr char kHandshakeRecord = 22;
  constexpr char kServerHello = 2;
  TestCa ca;
  auto config = config_of(ca.issue({}));
  for (const char* name : {"bootstrap", "issue", "session", "after-renewal"}) {
    std::ifstream file(std::string(SKEIN_TEST_DATA) + "/rpc/clienthello-" + name + ".bin", std::ios::binary);
    std::string hello((std::istreambuf_iterator<char>(file)), {});
    ASSERT_FALSE(hello.empty()) << name;
    auto server = TlsMachine::server(*config);
    std::string plain;
    Result<void> taken = (*server)->receive(hello, plain);
    EXPECT_TRUE(taken.ok()) << name;
    std::string answer = (*server)->take_output();
    ASSERT_GT(answer.size(), 5u) << name;
    EXPECT_EQ(answer[0], kHandshakeRecord) << name;
    EXPECT_EQ(answer[5], kServerHello) << name;
  }
}

TEST(Tls, a_client_that_offers_only_other_protocols_is_refused) {
  constexpr char kAlert = 21;
  TestCa ca;
  std::ifstream file(std::string(SKEIN_TEST_DATA) + "/rpc/clienthello-session.bin", std::ios::binary);
  std::string hello((std::istreambuf_iterator<char>(file)), {});
  size_t alpn = hello.find(std::string("\x00\x10\x00\x05\x00\x03\x02h2", 9));
  ASSERT_NE(alpn, std::string::npos);
  hello[alpn + 8] = '3';
  auto server = TlsMachine::server(*config_of(ca.issue({})));
  std::string plain;
  EXPECT_FALSE((*server)->receive(hello, plain).ok());
  EXPECT_EQ((*server)->take_output()[0], kAlert);
}

TEST(Tls, garbage_is_an_error_and_never_a_peer) {
  TestCa ca;
  auto config = config_of(ca.issue({}));
  for (const std::string& garbage :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(70'000, '\xff'), std::string(100, '\0')}) {
    auto server = TlsMachine::server(*config);
    std::string plain;
    EXPECT_FALSE((*server)->receive(garbage, plain).ok());
    EXPECT_FALSE((*server)->is_open());
    EXPECT_TRUE(plain.empty());
  }
}

}  // namespace
}  // namespace skein::rpc
