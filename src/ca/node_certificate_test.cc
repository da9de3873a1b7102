#include "ca/node_certificate.h"

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "ca/certificate_form.h"
#include "ca/openssl.h"
#include "ca/private_key.h"
#include "ca/test_data.h"
#include "wire/proto/ca.pb.h"

namespace skein::ca {
namespace {

TEST(NodeCertificate, dockers_certificates_say_who_a_node_is) {
  auto worker = parse_node_certificate(read_vector("worker-cert.pem"));
  ASSERT_TRUE(worker.ok()) << worker.error().text();
  EXPECT_EQ(worker->node_id, "wp40d9rbgvnhp8hntchll2obo");
  EXPECT_EQ(worker->cluster_id, "pikviipg8rgrryx66rmn87ad4");
  EXPECT_EQ(worker->role, NodeRole::WORKER);
  EXPECT_EQ(worker->not_before.rfc3339(), "2026-11-22T21:36:00.000000000Z");
  EXPECT_EQ(worker->not_after.rfc3339(), "2027-02-20T22:36:00.000000000Z");
  auto manager = parse_node_certificate(read_vector("manager-chain.pem"));
  ASSERT_TRUE(manager.ok());
  EXPECT_EQ(manager->role, NodeRole::MANAGER);
  EXPECT_EQ(manager->node_id, "91pslz3hmqgb8xdor014xfv4n");
}

// A rotation ends only when each node reports the issuer in exactly these bytes.
TEST(NodeCertificate, the_issuer_is_reported_as_docker_reports_it) {
  auto expected = nlohmann::json::parse(read_vector("tls-info.json"));
  auto identity = verify_node_certificate(read_vector("worker-cert.pem"), read_vector("root-user.pem"), kIssued);
  ASSERT_TRUE(identity.ok()) << identity.error().text();
  EXPECT_EQ(to_hex(identity->issuer_subject_der), expected["cert_issuer_subject_hex"]);
  EXPECT_EQ(to_hex(identity->issuer_public_key_der), expected["cert_issuer_public_key_hex"]);
}

TEST(NodeCertificate, the_chain_of_a_real_rotation_verifies_with_both_roots) {
  std::string chain = read_vector("worker-cert-rotation-final.pem");
  auto by_old = verify_node_certificate(chain, read_vector("root-user.pem"), kAfterRotation);
  ASSERT_TRUE(by_old.ok()) << by_old.error().text();
  auto by_new = verify_node_certificate(chain, read_vector("root-rotated.pem"), kAfterRotation);
  ASSERT_TRUE(by_new.ok()) << by_new.error().text();
  EXPECT_EQ(by_old->issuer_public_key_der, by_new->issuer_public_key_der);
  EXPECT_FALSE(verify_node_certificate(chain, read_vector("root-docker.pem"), kAfterRotation).ok());
  EXPECT_TRUE(
      verify_node_certificate(read_vector("manager-chain.pem"), read_vector("root-user.pem"), kAfterRotation).ok());
  EXPECT_TRUE(verify_node_certificate(read_vector("worker-cert.pem"),
                                      read_vector("root-docker.pem") + read_vector("root-user.pem"), kIssued)
                  .ok());
}

TEST(NodeCertificate, the_answer_of_a_real_manager_fits_its_request) {
  docker::swarmkit::v1::NodeCertificateStatusResponse response;
  ASSERT_TRUE(response.ParseFromString(read_vector("cert-status.resp.bin")));
  EXPECT_EQ(response.certificate().csr(), read_vector("worker-csr.pem"));
  auto identity = parse_node_certificate(response.certificate().certificate());
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity->node_id, response.certificate().cn());
}

TEST(NodeCertificate, it_is_refused_outside_its_life_unless_expiry_is_overlooked) {
  std::string chain = read_vector("worker-cert.pem"), bundle = read_vector("root-user.pem");
  for (WallTime now : {kIssued - std::chrono::hours(2), kIssued + std::chrono::hours(24 * 91)}) {
    EXPECT_FALSE(verify_node_certificate(chain, bundle, now).ok());
    EXPECT_TRUE(verify_node_certificate(chain, bundle, now, Expired::kAllow).ok());
  }
  auto expired = verify_node_certificate(chain, bundle, kIssued + std::chrono::hours(24 * 91));
  EXPECT_EQ(expired.error().text(), "certificate refused: certificate has expired");
  EXPECT_FALSE(verify_node_certificate(chain, read_vector("root-docker.pem"), kIssued, Expired::kAllow).ok());
}

TEST(NodeCertificate, a_changed_byte_breaks_the_chain) {
  std::string pem = read_vector("worker-cert.pem"), bundle = read_vector("root-user.pem");
  SeededRandom random(4);
  Certificate good = std::move(parse_certificates(pem)->front());
  unsigned char* der = nullptr;
  int size = i2d_X509(good.get(), &der);
  std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] ^= static_cast<char>(1 + random.below(255));
    Certificate certificate = parse_certificate_der(changed);
    if (!certificate) continue;
    EXPECT_FALSE(verify_node_certificate(format_certificate(certificate.get()), bundle, kIssued).ok()) << at;
  }
}

// A root is not a node, nor is a certificate with two roles, or none.
TEST(NodeCertificate, certificates_that_are_no_nodes_are_refused) {
  EXPECT_FALSE(parse_node_certificate(read_vector("root-user.pem")).ok());
  EXPECT_FALSE(verify_node_certificate(read_vector("root-user.pem"), read_vector("root-user.pem"), kIssued).ok());
  SeededRandom random(5);
  Key key = make_p256_key(random);
  auto with_names = [&](std::vector<std::pair<int, std::string>> names) {
    Certificate certificate(X509_new());
    X509_set_pubkey(certificate.get(), key.get());
    set_validity(certificate.get(), kIssued, kIssued + std::chrono::hours(1));
    for (const auto& [nid, value] : names) add_name(X509_get_subject_name(certificate.get()), nid, value);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    return parse_node_certificate(format_certificate(certificate.get())).ok();
  };
  constexpr int kO = NID_organizationName, kOu = NID_organizationalUnitName, kCn = NID_commonName;
  EXPECT_TRUE(with_names({{kO, "c"}, {kOu, "swarm-worker"}, {kCn, "n"}}));
  EXPECT_FALSE(with_names({{kO, "c"}, {kOu, "swarm-worker"}, {kOu, "swarm-manager"}, {kCn, "n"}}));
  EXPECT_FALSE(with_names({{kO, "c"}, {kOu, "swarm-root"}, {kCn, "n"}}));
  EXPECT_FALSE(with_names({{kO, "c"}, {kCn, "n"}}));
  EXPECT_FALSE(with_names({{kOu, "swarm-worker"}, {kCn, "n"}}));
  EXPECT_FALSE(with_names({{kO, "c"}, {kOu, "swarm-worker"}}));
  EXPECT_FALSE(with_names({{kO, "c"}, {kOu, "swarm-worker"}, {kCn, "n"}, {kCn, "m"}}));
  EXPECT_FALSE(with_names({{kO, "c"}, {kOu, "swarm-worker"}, {kCn, std::string("n\0m", 3)}}));
}

// Users' roots may lack key ids while all roots are called swarm-ca: names alone then lead to the wrong issuer.
TEST(NodeCertificate, a_rotation_between_roots_without_key_ids_verifies) {
  SeededRandom random(6);
  auto make_root = [&](const Key& key) {
    Certificate root(X509_new());
    X509_set_version(root.get(), X509_VERSION_3);
    X509_set_pubkey(root.get(), key.get());
    set_serial(root.get(), random);
    set_validity(root.get(), kIssued - std::chrono::hours(1), kIssued + std::chrono::hours(1000));
    add_name(X509_get_subject_name(root.get()), NID_commonName, "swarm-ca");
    X509_set_issuer_name(root.get(), X509_get_subject_name(root.get()));
    add_basic_constraints(root.get(), true);
    X509_sign(root.get(), key.get(), EVP_sha256());
    return std::move(RootCa::load(format_certificate(root.get()), format_private_key(key.get()), kIssued)).value();
  };
  RootCa before = make_root(make_p256_key(random)), after = make_root(make_p256_key(random));
  IssueRequest request{.csr_pem = *make_csr(make_key(random)), .node_id = "n", .cluster_id = "c"};
  request.intermediate_pem = *before.cross_sign(after.bundle_pem());
  std::string chain = *after.issue(request, kIssued, random);
  for (const RootCa* root : {&before, &after}) {
    auto identity = verify_node_certificate(chain, root->bundle_pem(), kIssued);
    ASSERT_TRUE(identity.ok()) << identity.error().text();
    EXPECT_EQ(identity->issuer_public_key_der, after.public_key_der());
  }
}

TEST(NodeCertificate, a_certificate_belongs_to_the_key_of_its_request) {
  SeededRandom random(8);
  RootCa root = std::move(RootCa::create(kIssued, random)).value();
  std::string key = make_key(random), other = make_key(random);
  auto csr = make_csr(key);
  ASSERT_TRUE(csr.ok());
  auto chain = root.issue({.csr_pem = *csr, .node_id = "n", .cluster_id = "c"}, kIssued, random);
  ASSERT_TRUE(chain.ok());
  EXPECT_TRUE(check_key_matches(*chain, key).ok());
  EXPECT_FALSE(check_key_matches(*chain, other).ok());
}

// Subject empty, no extension asked for, same size as Docker's but for the signature.
TEST(NodeCertificate, our_request_looks_like_dockers) {
  SeededRandom random(11);
  auto blocks = parse_pem(*make_csr(make_key(random)), kCsrSizeMax);
  ASSERT_TRUE(blocks.ok());
  EXPECT_EQ(blocks->front().label, "CERTIFICATE REQUEST");
  CertificateRequest ours = parse_request_der(blocks->front().der);
  CertificateRequest theirs = parse_request_der(parse_pem(read_vector("worker-csr.pem"), kCsrSizeMax)->front().der);
  EXPECT_EQ(X509_REQ_get_version(ours.get()), X509_REQ_get_version(theirs.get()));
  EXPECT_EQ(X509_NAME_entry_count(X509_REQ_get_subject_name(ours.get())), 0);
  EXPECT_EQ(X509_REQ_get_attr_count(ours.get()), 0);
  EXPECT_EQ(X509_REQ_get_signature_nid(ours.get()), X509_REQ_get_signature_nid(theirs.get()));
}

TEST(NodeCertificate, renewal_is_spread_over_50_to_80_percent_of_the_life) {
  SeededRandom random(12);
  WallTime start = kIssued, end = kIssued + std::chrono::hours(2160);
  auto at = [&](int percent) { return start + (end - start) / 100 * percent; };
  WallTime earliest = end, latest = start;
  for (int i = 0; i < 2000; ++i) {
    WallTime renewal = choose_renewal_time(start, end, random);
    ASSERT_GE(renewal, at(50));
    ASSERT_LT(renewal, at(80));
    earliest = std::min(earliest, renewal);
    latest = std::max(latest, renewal);
  }
  EXPECT_LT(earliest, at(51));
  EXPECT_GT(latest, at(79));
  EXPECT_EQ(choose_renewal_time(start, start + std::chrono::minutes(2), random), start + std::chrono::minutes(1));
  EXPECT_EQ(choose_renewal_time(start, start, random), start);
}

}  // namespace
}  // namespace skein::ca
